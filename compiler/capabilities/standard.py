"""What the modules of Python's standard library reach, as data.

A verdict is a text of words: a capability, `files` also as `files:read` or `files:write`; or `?`
and a key of `words.WHY` where it cannot be told. "" is nothing. A module is in one of three tables:
PURE reaches nothing, of WHOLE the import alone is a reach, and of PARTS it depends on the name.
What is in none of them is not known, and is said to be so.
"""

from __future__ import annotations

from typing import Final

_PURE: Final = """
    __future__ abc array ast atexit audioop base64 binascii bisect cmath collections
    collections.abc colorsys contextlib contextvars copy copyreg csv dataclasses datetime
    decimal difflib dis enum errno fnmatch fractions functools getopt graphlib hashlib heapq
    hmac html html.entities html.parser http.cookies imghdr ipaddress itertools json
    json.decoder json.encoder json.scanner keyword math nturl2path numbers opcode optparse
    plistlib pprint pydoc_data pyexpat queue quopri random re reprlib sched secrets select
    selectors shlex sre_compile sre_constants sre_parse stat statistics stringprep struct
    symtable textwrap this threading time token tomllib traceback unicodedata urllib.error
    urllib.parse weakref xdrlib zlib _thread looplet.approval looplet.cancel looplet.events
    looplet.hooks looplet.protocols looplet.state looplet.types
    """
PURE: Final = frozenset(_PURE.split())
"""Nothing in these opens, starts, looks up or runs anything for whoever holds them."""

_WHOLE: Final = {
    "files": """
        binhex bz2 dbm fileinput lzma mailbox mmap msilib readline shutil sqlite3 tarfile uu wave
        zipfile
        """,
    "files:read": """
        aifc chunk filecmp gettext glob grp linecache mailcap mimetypes modulefinder netrc nis pwd
        pyclbr sndhdr spwd sunau tabnanny
        """,
    "files:write": "compileall py_compile tempfile zipapp",
    "files ?pickle": "shelve",
    "network": """
        asynchat asyncore ftplib http.client http.cookiejar http.server imaplib nntplib poplib smtpd
        smtplib socket socketserver ssl syslog telnetlib urllib.request urllib.response
        urllib.robotparser wsgiref xmlrpc
        """,
    "network processes": "antigravity webbrowser",
    "processes": "multiprocessing pipes pty subprocess _posixsubprocess _winapi",
    "processes files network": "ensurepip venv",
    "environment": "cgi cgitb winreg",
    "?pickle": "marshal pickle _pickle",
    "?machine": "_ctypes ctypes",
    "?code": """
        bdb cProfile code codeop doctest idlelib lib2to3 pdb profile pydoc rlcompleter runpy timeit
        trace turtledemo unittest xml.sax xml.sax.expatreader xml.sax.handler xml.sax.xmlreader
        """,
    "?import": "distutils imp pkgutil site zipimport",
    "?frames": "gc",
    "?tcl": "tkinter turtle",
    "?device": "crypt curses fcntl msvcrt ossaudiodev resource termios tty winsound",
}
WHOLE: Final = {name: verdict for verdict, names in _WHOLE.items() for name in names.split()}

_OS: Final = {
    "": """
        DirEntry PathLike abort altsep close confstr confstr_names cpu_count ctermid curdir defpath
        devnull error extsep fsdecode fsencode fspath get_blocking get_inheritable
        get_terminal_size getcwd getcwdb getegid geteuid getgid getgroups getloadavg getlogin
        getpgid getpgrp getpid getppid getpriority getresgid getresuid getsid getuid isatty
        linesep major makedev minor name pardir pathsep pipe pipe2 process_cpu_count
        sched_yield sep stat_result strerror supports_dir_fd sysconf sysconf_names
        terminal_size times times_result umask uname uname_result urandom getrandom
        waitstatus_to_exitcode
        WEXITSTATUS WIFEXITED WIFSIGNALED WTERMSIG F_OK R_OK W_OK X_OK SEEK_SET SEEK_CUR SEEK_END
        EX_OK EX_USAGE EX_DATAERR EX_NOINPUT EX_SOFTWARE O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL
        O_TRUNC O_APPEND O_NOFOLLOW O_NONBLOCK O_CLOEXEC O_DIRECTORY _exit set_blocking
        set_inheritable
        """,
    "files": """
        open fdopen openpty dup dup2 lseek lockf fchdir chdir chroot sendfile splice copy_file_range
        posix_fadvise readv writev preadv pwritev
        """,
    "files:read": """
        access fstat fstatvfs getxattr listdir listdrives listmounts listvolumes listxattr lstat
        pathconf fpathconf pread read readlink scandir stat statvfs walk fwalk
        """,
    "files:write": """
        chflags chmod chown fchmod fchown fdatasync fsync ftruncate lchflags lchmod lchown link
        makedirs mkdir mkfifo mknod posix_fallocate pwrite remove removedirs removexattr rename
        renames replace rmdir setxattr symlink sync truncate unlink utime write memfd_create
        """,
    "processes": """
        execl execle execlp execlpe execv execve execvp execvpe fork forkpty kill killpg
        pidfd_open popen posix_spawn posix_spawnp spawnl spawnle spawnlp spawnlpe spawnv spawnve
        spawnvp spawnvpe startfile system wait wait3 wait4 waitid waitpid nice setpriority setsid
        setpgid setuid setgid seteuid setegid setgroups initgroups setresuid setresgid
        register_at_fork unshare setns
        """,
    "environment": """
        environ environb get_exec_path getenv getenvb putenv unsetenv supports_bytes_environ
        """,
}
_PATH: Final = {
    "": """
        abspath altsep basename commonpath commonprefix curdir defpath devnull dirname extsep isabs
        isreserved join normcase normpath pardir pathsep relpath sep split splitdrive splitext
        splitroot supports_unicode_filenames
        """,
    "files:read": """
        exists getatime getctime getmtime getsize isdevdrive isdir isfile isjunction islink ismount
        lexists realpath samefile sameopenfile samestat
        """,
    "environment": "expandvars expanduser",
}
_BUILTINS: Final = {
    "": """
        abs aiter all anext any ascii bin bool bytearray bytes callable chr classmethod complex
        delattr dict dir divmod enumerate filter float format frozenset hasattr hash hex id input
        int isinstance issubclass iter len list map max memoryview min next object oct ord pow print
        property range repr reversed round set setattr slice sorted staticmethod str sum super tuple
        type vars zip exit quit Exception BaseException
        """,
    "files": "open copyright credits license",
    "?run": "compile eval exec",
    "?import": "__import__ __loader__ __spec__",
    "?attribute": "getattr",
    "?names": "globals locals",
    "?code": "breakpoint help",
}
_LOOPLET: Final = {
    "": """
        Allow BaseToolRegistry Block BudgetCap CancelToken Cancelled CheckDone CheckPermission
        CheckpointError Compact Continue DefaultState Deny Event File HookDecision HookDef
        InjectContext InputError Later LoadError LoopConfig MockLLMBackend ModelError OnEvent
        OnLoopEnd PermissionEngine PermissionHook PostDispatch PreDispatch PreLoop PrePrompt
        PresetError Prices Prompt Reply RestoreState RetryPolicy SaveState ShouldStop Step Stop
        ToolCall ToolContext ToolDef ToolError ToolResult ToolSpec Usage done_tool tools_from
        """,
    "files": "Checkpoint FileCheckpointStore",
    "files:write": "preset_to_cartridge",
    "model": "agent_tool async_composable_loop composable_loop run_sub_loop run_sub_loop_async",
    "model network environment": """
        AnthropicBackend AsyncAnthropicBackend AsyncOpenAIBackend OpenAIBackend
        """,
    "model network environment processes files": "LocalBackend model_from",
    "network processes": "MCPToolAdapter",
}
# The first word of a text is what is true of every name that is not listed.
_PARTS: dict[str, tuple[str, dict[str, str]]] = {
    "argparse": ("", {"files": "FileType"}),
    "asyncio": (
        "",
        {
            "processes": """
                create_subprocess_exec create_subprocess_shell subprocess base_subprocess
                """,
            "network": """
                open_connection open_unix_connection start_server start_unix_server trsock
                sslproto
                """,
        },
    ),
    "builtins": ("?unlisted", _BUILTINS),
    "calendar": ("", {}),
    "cmd": ("", {}),
    "codecs": ("", {"files": "open"}),
    "concurrent": ("", {}),
    "concurrent.futures": ("", {"processes": "ProcessPoolExecutor process"}),
    "configparser": (
        "",
        {"files:read": "ConfigParser RawConfigParser SafeConfigParser"},
    ),
    "encodings": ("?import", {}),
    "faulthandler": ("", {"files:write": "dump_traceback dump_traceback_later register"}),
    "genericpath": ("?unlisted", _PATH),
    "getpass": ("", {"environment": "getuser"}),
    "gzip": ("files", {"": "compress decompress BadGzipFile"}),
    "http": ("", {}),
    "importlib": (
        "?import",
        {"files:read": "resources", "": "abc"},
    ),
    "importlib.metadata": (
        "?import",
        {"files:read": "version metadata requires files", "": "PackageNotFoundError"},
    ),
    "inspect": (
        "?frames",
        {
            "": """
                BoundArguments Parameter Signature cleandoc get_annotations isabstract
                isasyncgen isasyncgenfunction isawaitable isbuiltin isclass iscoroutine
                iscoroutinefunction isfunction isgenerator isgeneratorfunction ismethod ismodule
                isroutine iscode getdoc getmro signature unwrap cleandoc isdatadescriptor
                """,
            "files:read": """
                findsource getabsfile getcomments getfile getsource getsourcefile getsourcelines
                """,
        },
    ),
    "io": (
        "?unlisted",
        {
            "": """
                BufferedIOBase BufferedRWPair BufferedRandom BufferedReader BufferedWriter
                BlockingIOError BytesIO DEFAULT_BUFFER_SIZE IOBase IncrementalNewlineDecoder
                RawIOBase SEEK_CUR SEEK_END SEEK_SET StringIO TextIOBase TextIOWrapper
                UnsupportedOperation text_encoding
                """,
            "files": "FileIO open open_code",
        },
    ),
    "locale": ("", {"environment": "getdefaultlocale"}),
    "logging": (
        "",
        {"files:write": "FileHandler", "?import": "config"},
    ),
    "logging.handlers": (
        "",
        {
            "files:write": """
                BaseRotatingHandler RotatingFileHandler TimedRotatingFileHandler WatchedFileHandler
                """,
            "network": """
                DatagramHandler HTTPHandler SMTPHandler SocketHandler SysLogHandler
                NTEventLogHandler
                """,
        },
    ),
    "looplet": ("?looplet", _LOOPLET),
    "operator": ("", {"?attribute": "attrgetter methodcaller"}),
    "os": ("?unlisted", _OS),
    "os.path": ("?unlisted", _PATH),
    "pathlib": (
        "?unlisted",
        {
            "": "PurePath PurePosixPath PureWindowsPath UnsupportedOperation",
            "files": "Path PosixPath WindowsPath",
        },
    ),
    "pickletools": ("", {"?pickle": "pickle"}),
    "platform": (
        "",
        {
            "files:read": "freedesktop_os_release libc_ver android_ver ios_ver mac_ver",
            "processes": "platform processor uname popen architecture",
        },
    ),
    "pstats": ("files", {}),
    "signal": (
        "",
        {"processes": "pthread_kill pidfd_send_signal raise_signal"},
    ),
    "string": ("", {"?template": "Formatter"}),
    "sys": (
        "?unlisted",
        {
            "": """
                abiflags api_version argv base_exec_prefix base_prefix byteorder copyright
                dont_write_bytecode exc_info exception exec_prefix executable exit flags float_info
                float_repr_style getdefaultencoding getfilesystemencoding getrecursionlimit
                getrefcount getsizeof getswitchinterval hash_info hexversion implementation int_info
                intern is_finalizing maxsize maxunicode orig_argv platform prefix
                set_int_max_str_digits get_int_max_str_digits setrecursionlimit setswitchinterval
                stdlib_module_names builtin_module_names thread_info version version_info
                warnoptions stderr stdin stdout unraisablehook excepthook displayhook
                pycache_prefix gettrace getprofile
                """,
            "?import": "meta_path modules path path_hooks path_importer_cache",
            "?frames": "setprofile settrace call_tracing monitoring",
            "files": "__stdin__ __stdout__ __stderr__",
        },
    ),
    "sysconfig": ("", {"files:read": "parse_config_h"}),
    "tokenize": ("", {"files:read": "open"}),
    "tracemalloc": ("", {"?pickle": "pickle"}),
    "types": ("", {"?run": "CodeType FunctionType LambdaType"}),
    "typing": ("", {"?run": "get_type_hints ForwardRef evaluate_forward_ref"}),
    "urllib": ("", {}),
    "uuid": ("", {"processes": "getnode uuid1"}),
    "warnings": ("", {}),
    "zoneinfo": ("", {}),
    "xml": ("", {"?code": "sax"}),
    "xml.etree": ("", {}),
    "xml.dom": ("", {"?import": "getDOMImplementation domreg registerDOMImplementation"}),
    "xml.dom.minidom": ("", {"files:read": "parse", "?import": "getDOMImplementation domreg"}),
    "xml.dom.pulldom": ("files:read", {"": "parseString"}),
    "xml.dom.expatbuilder": ("files:read", {"": "parseString"}),
    "xml.etree.ElementTree": (
        "",
        {"files": "ElementTree", "files:read": "parse iterparse", "": "canonicalize"},
    ),
    "xml.etree.ElementInclude": ("files:read", {}),
    "xml.sax.saxutils": ("", {"?code": "handler xmlreader"}),
    "xml.parsers": ("", {}),
    "xml.parsers.expat": ("", {}),
}
_EMAIL: Final = """
    email email.charset email.encoders email.errors email.generator email.header
    email.headerregistry email.message email.mime email.mime.application email.mime.audio
    email.mime.base email.mime.image email.mime.message email.mime.multipart
    email.mime.nonmultipart email.mime.text email.parser email.policy email.utils
    """
_PARTS |= dict.fromkeys(_EMAIL.split(), ("", {}))  # but for the modules that they import
PARTS: Final = {
    module: (rest, {name: verdict for verdict, names in parts.items() for name in names.split()})
    for module, (rest, parts) in _PARTS.items()
}

SAME: Final = {
    "nt": "os",
    "posix": "os",
    "_io": "io",
    "_pyio": "io",
    "_operator": "operator",
    "_socket": "socket",
    "_ssl": "ssl",
    "_sqlite3": "sqlite3",
    "_multiprocessing": "multiprocessing",
    "_asyncio": "asyncio",
    "ntpath": "os.path",
    "posixpath": "os.path",
    "__builtins__": "builtins",
    "xml.etree.cElementTree": "xml.etree.ElementTree",
}
"""Other names of modules: the one below another, and those under which modules keep them."""

TYPES: Final = frozenset(
    [
        *("pathlib.Path", "pathlib.PosixPath", "pathlib.WindowsPath", "io.FileIO"),
        *("types.CodeType", "types.FunctionType", "types.LambdaType", "typing.ForwardRef"),
        *("configparser.ConfigParser", "configparser.RawConfigParser"),
        *("concurrent.futures.ProcessPoolExecutor", "xml.etree.ElementTree.ElementTree"),
        *("logging.FileHandler", "argparse.FileType"),
    ]
)
"""Classes: naming one as a type, in an annotation or for isinstance, makes nothing of it."""

__all__ = ["PARTS", "PURE", "SAME", "TYPES", "WHOLE"]
