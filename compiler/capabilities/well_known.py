"""What well-known packages of others reach, as data: verdicts as in `standard`.

Their code is not looked at, here or ever: this is what they say they are for. A name below a module
counts before the module itself. What is not in this table is undecided.
"""

from __future__ import annotations

from typing import Final

_TABLE: Final = {
    "": """
        annotated_types attr attrs bs4 chardet charset_normalizer colorama dateutil deepdiff emoji
        docstring_parser ftfy html5lib humanize idna inflection iso8601 jiter jmespath jsonpatch
        jsonpointer jsonschema langdetect levenshtein markdown markdown_it markdownify markupsafe
        mistune more_itertools msgpack multidict networkx orjson packaging parse pendulum
        phonenumbers pydantic pydantic_core pygments pyparsing pytz rapidfuzz referencing regex
        rpds simplejson six slugify sortedcontainers sqlglot sqlparse sympy tabulate tenacity
        termcolor textblob text_unidecode toml tomli tomli_w tomlkit tqdm typing_extensions tzdata
        tzlocal ujson unidecode webencodings wcwidth wrapt xmltodict yaml zstandard
        """,
    "network": """
        aiohttp aiosmtplib amqp anyio dns grpc h11 h2 httpcore httpx httpx2 imapclient kafka
        ldap3 nats paho pika pymysql pymongo motor psycopg psycopg2 redis requests
        requests_toolbelt slack_sdk socks telegram trio urllib3 websocket websockets werkzeug zmq
        """,
    "network environment": """
        anthropic azure boto3 botocore cohere discord elasticsearch google googleapiclient github
        gitlab groq litellm mistralai notion_client ollama openai qdrant_client sendgrid stripe
        supabase tavily twilio
        """,
    "network files": """
        chromadb datasets feedparser huggingface_hub nltk pinecone sentence_transformers spacy
        tiktoken tokenizers torch transformers yt_dlp
        """,
    "network processes": "asyncssh docker fabric kubernetes netmiko paramiko",
    "network processes files": "git playwright pyppeteer selenium mcp celery",
    "network processes files environment": "invoke nox prefect pytest scrapy tox",
    "files": """
        aiofiles aiosqlite appdirs csvkit cv2 diskcache docx filelock fpdf fsspec h5py imageio
        jinja2 keras lxml matplotlib numpy odf openpyxl pandas pdf2image pdfminer pdfplumber
        peewee pil pillow platformdirs polars portalocker pptx pyarrow pymupdf fitz pypdf pypdf2
        reportlab rich scipy seaborn skimage sklearn soundfile tinydb tree_sitter watchdog
        watchfiles xlrd xlsxwriter duckdb sqlalchemy sqlmodel
        """,
    "files environment": """
        decouple dotenv dynaconf environs omegaconf hydra keyring pydantic_settings
        """,
    "files processes": "dulwich ffmpeg moviepy psutil pydub pygit2 pytesseract",
    "processes": "pexpect plumbum ptyprocess sh shellingham",
    "environment": "click typer",
    "?pickle": """
        cloudpickle dill joblib jsonpickle yaml.load yaml.load_all yaml.full_load
        yaml.full_load_all yaml.unsafe_load yaml.unsafe_load_all yaml.loader yaml.constructor
        yaml.FullLoader yaml.UnsafeLoader yaml.CLoader yaml.CFullLoader yaml.CUnsafeLoader
        yaml.YAMLObject""",
    "?machine": "cffi jnius numba pythonnet wasmtime",
    "?code": "asteval ipython IPython jupyter_client nbformat RestrictedPython simpleeval",
    "?import": "pkg_resources setuptools pip",
}
WELL_KNOWN: Final = {
    name.lower(): verdict for verdict, names in _TABLE.items() for name in names.split()
}
"""By the name that is imported, in small letters."""


def verdict_on(name: str) -> str | None:
    """The verdict on `yaml.safe_load` or `requests`; None for what is not in the table."""
    known = name.lower()
    while known:
        if known in WELL_KNOWN:
            return WELL_KNOWN[known]
        known = known.rpartition(".")[0]
    return None


__all__ = ["WELL_KNOWN", "verdict_on"]
