"""Which modules a distribution brings: `PyYAML` is imported as `yaml`. The well-known ones."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAME: Final = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")

# Normalised distribution name → what it is imported as, where the two differ.
_IMPORTS: Final = {
    "antlr4_python3_runtime": ("antlr4",),
    "apache_airflow": ("airflow",),
    "attrs": ("attr", "attrs"),
    "beautifulsoup4": ("bs4",),
    "biopython": ("Bio",),
    "discord_py": ("discord",),
    "django_rest_framework": ("rest_framework",),
    "djangorestframework": ("rest_framework",),
    "dnspython": ("dns",),
    "duckduckgo_search": ("duckduckgo_search",),
    "faiss_cpu": ("faiss",),
    "fpdf2": ("fpdf",),
    "gitpython": ("git",),
    "grpcio": ("grpc",),
    "ipython": ("IPython",),
    "kafka_python": ("kafka",),
    "levenshtein": ("Levenshtein",),
    "llama_cpp_python": ("llama_cpp",),
    "lxml": ("lxml",),
    "markdown_it_py": ("markdown_it",),
    "matplotlib": ("matplotlib", "mpl_toolkits", "pylab"),
    "mysqlclient": ("MySQLdb",),
    "opencv_contrib_python": ("cv2",),
    "opencv_python": ("cv2",),
    "opencv_python_headless": ("cv2",),
    "pdfminer_six": ("pdfminer",),
    "pillow": ("PIL",),
    "progressbar2": ("progressbar",),
    "protobuf": ("google",),
    "psycopg2_binary": ("psycopg2",),
    "pycryptodome": ("Crypto",),
    "pygithub": ("github",),
    "pyjwt": ("jwt",),
    "pymupdf": ("fitz", "pymupdf"),
    "pynacl": ("nacl",),
    "pyobjc": ("objc", "AppKit", "Foundation"),
    "pyopenssl": ("OpenSSL",),
    "pyserial": ("serial",),
    "pysocks": ("socks",),
    "pytest": ("pytest", "_pytest"),
    "python_dateutil": ("dateutil",),
    "python_docx": ("docx",),
    "python_dotenv": ("dotenv",),
    "python_gitlab": ("gitlab",),
    "python_jose": ("jose",),
    "python_levenshtein": ("Levenshtein",),
    "python_magic": ("magic",),
    "python_multipart": ("multipart", "python_multipart"),
    "python_pptx": ("pptx",),
    "python_slugify": ("slugify",),
    "python_telegram_bot": ("telegram",),
    "pywin32": ("win32api", "win32com", "win32con", "win32gui", "pythoncom", "pywintypes"),
    "pyyaml": ("yaml",),
    "pyzmq": ("zmq",),
    "ruamel_yaml": ("ruamel",),
    "scikit_image": ("skimage",),
    "scikit_learn": ("sklearn",),
    "sentry_sdk": ("sentry_sdk",),
    "setuptools": ("setuptools", "pkg_resources"),
    "slack_sdk": ("slack_sdk", "slack"),
    "tree_sitter_languages": ("tree_sitter_languages",),
    "websocket_client": ("websocket",),
    "youtube_transcript_api": ("youtube_transcript_api",),
}

# Distributions that share one top-level package.
_NAMESPACES: Final = ("google", "azure", "opentelemetry", "zope", "jaraco", "ruamel")

_DISTRIBUTIONS: Final = {
    module: name
    for name, modules in reversed(_IMPORTS.items())
    for module in modules
    if "_contrib_" not in name and not name.endswith(("_headless", "_binary"))
}


def normalised(name: str) -> str:
    """One spelling of a distribution's or module's name."""
    return re.sub(r"[-_.]+", "_", name).lower()


def provided(dependencies: Iterable[object]) -> frozenset[str]:
    """The normalised top-level modules that PEP 508 requirements bring, as far as can be told."""
    modules: set[str] = set()
    for requirement in dependencies:
        match = _NAME.match(requirement) if isinstance(requirement, str) else None
        if not match:
            continue
        name = normalised(match[1])
        modules.add(name)
        modules.update(map(normalised, _IMPORTS.get(name, ())))
        modules.update(space for space in _NAMESPACES if name.startswith(f"{space}_"))
        modules.add(name.removeprefix("python_"))
        modules.add(name.removesuffix("_python"))
    return frozenset(modules)


def distribution_of(module: str) -> str:
    """The distribution to declare for a module, as it is written in `dependencies`."""
    return _DISTRIBUTIONS.get(module, module).replace("_", "-")
