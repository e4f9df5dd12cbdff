"""The checks of the analysis pass, one module for each thing that can be wrong."""
