"""Languages without a grammar: patterns of the lines that begin definitions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from codelode.chunk.languages.model import Heads, heads

_LISP_NAME = rb"[^\s()\[\]{}\"';]+"
_LISP = heads(
    rb"\((?:defun|defsubst|cl-defun|defmethod|defgeneric|cl-defmethod|cl-defgeneric|define-inline)"
    rb"[ \t]+(?P<function>" + _LISP_NAME + rb")",
    rb"\((?:defmacro|define-macro|cl-defmacro)[ \t]+(?P<macro>" + _LISP_NAME + rb")",
    rb"\((?:defvar|defparameter|defcustom|defvar-local|defvaralias)"
    rb"[ \t]+(?P<variable>" + _LISP_NAME + rb")",
    rb"\((?:defconst|defconstant)[ \t]+(?P<constant>" + _LISP_NAME + rb")",
    rb"\((?:defclass|defstruct|cl-defstruct|deftype)[ \t]+\(?(?P<class>" + _LISP_NAME + rb")",
    rb"\((?:ert-deftest|deftest)[ \t]+(?P<test>" + _LISP_NAME + rb")",
    rb"\((?:define-derived-mode|define-minor-mode|defface)[ \t]+(?P<function_2>"
    + _LISP_NAME
    + rb")",
)
_SCHEME = heads(
    rb"\((?:define|define\*|define-public)[ \t]+\((?P<function>" + _LISP_NAME + rb")",
    rb"\((?:define-syntax|define-syntax-rule|define-macro)[ \t]+\(?(?P<macro>" + _LISP_NAME + rb")",
    rb"\((?:struct|define-struct|define-record-type)[ \t]+(?P<struct>" + _LISP_NAME + rb")",
    rb"\(define[ \t]+(?P<variable>" + _LISP_NAME + rb")",
)
_SHADER = heads(
    rb"(?:struct|cbuffer)[ \t]+(?P<struct>\w+)",
    rb"(?:layout[ \t]*\([^()\n]*\)[ \t]*)?(?:uniform|varying|attribute)[ \t]+\w+[ \t]+"
    rb"(?P<variable>\w+)",
    rb"(?:@\w+(?:\([^()\n]*\))?[ \t]+)*fn[ \t]+(?P<function_2>\w+)",
    rb"#[ \t]*define[ \t]+(?P<macro>\w+)",
    rb"(?!return|else|if|for|while|switch)(?:[\w:<>,]+[ \t]+)+(?P<function>\w+)[ \t]*"
    rb"\([^;{}]{0,400}\)[^;{}()=]{0,80}\{",
)
_GENERIC_FUNCTION = rb"[ \t]+(?P<function>[\w']+)"

PATTERNS: Mapping[str, Heads] = MappingProxyType(
    {
        "assembly": heads(
            rb"(?P<function>(?!\.?L\d)[A-Za-z_][\w.$]*):",
            rb"\.macro[ \t]+(?P<macro>\w+)",
            rb"\.(?:equ|set)[ \t]+(?P<constant>\w+)",
            rb"(?:ENTRY|SYM_FUNC_START\w*|GLOBAL)\((?P<function_2>\w+)\)",
        ),
        "awk": heads(rb"function" + _GENERIC_FUNCTION + rb"[ \t]*\("),
        "batch": heads(rb":(?P<function>[A-Za-z_]\w*)[ \t]*\r?$"),
        "clojure": heads(
            rb"\((?:defn-?|defmulti|defmethod|deftask)\s+(?:\^\S+\s+)*(?P<function>[^\s()\[\]{}]+)",
            rb"\(defmacro\s+(?P<macro>[^\s()\[\]{}]+)",
            rb"\((?:def|defonce)\s+(?:\^\S+\s+)*(?P<variable>[^\s()\[\]{}]+)",
            rb"\((?:defprotocol|definterface)\s+(?P<interface>[^\s()\[\]{}]+)",
            rb"\((?:defrecord|deftype)\s+(?P<class>[^\s()\[\]{}]+)",
            rb"\(ns\s+(?:\^\S+\s+)*(?P<module>[^\s()\[\]{}]+)",
            rb"\(deftest\s+(?P<test>[^\s()\[\]{}]+)",
        ),
        "cmake": heads(
            rb"(?i:function)[ \t]*\([ \t]*(?P<function>\w+)",
            rb"(?i:macro)[ \t]*\([ \t]*(?P<macro>\w+)",
            rb"(?i:add_(?:library|executable|custom_target))[ \t]*\(\s*(?P<target>[\w:.+-]+)",
            rb"(?i:option)[ \t]*\([ \t]*(?P<variable>\w+)",
            rb"(?i:project)[ \t]*\([ \t]*(?P<module>\w+)",
        ),
        "common-lisp": _LISP,
        "crystal": heads(
            rb"(?:private )?def (?:self\.)?(?P<function>\w+[?!=]?)",
            rb"(?:abstract )?class (?P<class>[\w:]+)",
            rb"(?:abstract )?struct (?P<struct>[\w:]+)",
            rb"module (?P<module>[\w:]+)",
            rb"macro (?P<macro>\w+)",
        ),
        "d": heads(
            rb"(?:\w+ )*class (?P<class>\w+)",
            rb"(?:\w+ )*struct (?P<struct>\w+)",
            rb"(?:\w+ )*interface (?P<interface>\w+)",
            rb"(?:\w+ )*enum (?P<enum>\w+)",
            rb"module (?P<module>[\w.]+);",
            rb"(?!return|else|if|for|foreach|while|switch)(?:[\w!.\[\]@]+[ \t]+)+(?P<function>\w+)"
            rb"[ \t]*\([^;{}]{0,400}\)[^;{}()=]{0,80}\{",
        ),
        "elisp": _LISP,
        "elm": heads(
            rb"type alias (?P<type>\w+)",
            rb"type (?P<enum>\w+)",
            rb"(?:port )?module (?P<module>[\w.]+)",
            rb"(?P<function>[a-z]\w*) :(?!:)",
        ),
        "erlang": heads(
            rb"-module\((?P<module>\w+)\)",
            rb"-record\((?P<struct>\w+)",
            rb"-define\((?P<macro>\w+)",
            rb"-(?:type|opaque) (?P<type>\w+)\(",
            rb"(?P<clause>[a-z]\w*)\([^\n]{0,200}\)[^\n]{0,200}->",
        ),
        "fish": heads(rb"function (?P<function>[\w.-]+)"),
        "gdscript": heads(
            rb"(?:@\w+(?:\([^()\n]*\))?[ \t]+)*(?:static )?func (?P<function>\w+)",
            rb"class (?P<class>\w+)",
            rb"class_name (?P<class_2>\w+)",
            rb"signal (?P<event>\w+)",
            rb"enum (?P<enum>\w+)",
            rb"const (?P<constant>\w+)",
        ),
        "gleam": heads(
            rb"(?:pub )?fn (?P<function>\w+)",
            rb"(?:pub )?(?:opaque )?type (?P<type>\w+)",
            rb"(?:pub )?const (?P<constant>\w+)",
        ),
        "glsl": _SHADER,
        "graphql": heads(
            rb"(?:extend )?type (?P<type>\w+)",
            rb"(?:extend )?interface (?P<interface>\w+)",
            rb"input (?P<struct>\w+)",
            rb"enum (?P<enum>\w+)",
            rb"union (?P<union>\w+)",
            rb"scalar (?P<type_2>\w+)",
            rb"directive @(?P<directive>\w+)",
            rb"(?:query|mutation|subscription) (?P<query>\w+)",
            rb"fragment (?P<fragment>\w+) on",
        ),
        "groovy": heads(
            rb"(?:(?:abstract|final|public|static|private) )*class (?P<class>\w+)",
            rb"(?:public )?interface (?P<interface>\w+)",
            rb"(?:public )?enum (?P<enum>\w+)",
            rb"trait (?P<trait>\w+)",
            rb"(?:(?:def|static|public|private|protected|final|synchronized|abstract) )+"
            rb"(?:[\w<>\[\], ?.]{1,100} )?(?P<function>\w+|\"[^\"\n]+\")[ \t]*"
            rb"\([^;{}]{0,400}\)\s*\{",
            rb"(?!return|else|new|if|for|while|switch)[A-Z][\w<>\[\],.]* (?P<function_2>\w+)"
            rb"\([^;{}]{0,400}\)\s*\{",
            rb"task[ \t]+(?P<target>\w+)",
            rb"tasks\.register\([ \t]*['\"](?P<target_2>[\w-]+)",
            rb"stage[ \t]*\([ \t]*(?P<stage>'[^'\n]+'|\"[^\"\n]+\")",
        ),
        "haxe": heads(
            rb"(?:\w+ )*class (?P<class>\w+)",
            rb"(?:\w+ )*interface (?P<interface>\w+)",
            rb"(?:\w+ )*enum (?P<enum>\w+)",
            rb"typedef (?P<type>\w+)",
            rb"(?:\w+ )*function (?P<function>\w+)",
        ),
        "hlsl": _SHADER,
        "just": heads(rb"@?(?P<target>[A-Za-z_][\w-]*)(?:[ \t]+[^:\n]{0,200})?:(?!=)"),
        "kconfig": heads(rb"(?:menu)?config[ \t]+(?P<constant>\w+)"),
        "less": heads(
            rb"[.#](?P<selector>[\w-]+)[^;{}]{0,200}\{",
            rb"@(?!media|import|keyframes|font-face|supports)(?P<variable>[\w-]+)[ \t]*:",
        ),
        "meson": heads(rb"(?P<variable>\w+)[ \t]*=[ \t]*(?:executable|\w*library|custom_target)\("),
        "nim": heads(
            rb"(?:proc|func|method|iterator|converter|template|macro) (?P<function>\w+|`[^`\n]+`)",
            rb"(?P<type>[A-Z]\w*)\*?(?:\[[^\]\n]*\])?[ \t]*=[ \t]*(?:ref |ptr )?"
            rb"(?:object|enum|distinct)\b",
        ),
        "odin": heads(
            rb"(?P<function>\w+)[ \t]*::[ \t]*(?:#\w+ )*proc\b",
            rb"(?P<struct>\w+)[ \t]*::[ \t]*struct\b",
            rb"(?P<enum>\w+)[ \t]*::[ \t]*enum\b",
            rb"(?P<union>\w+)[ \t]*::[ \t]*union\b",
            rb"(?P<constant>[A-Z_][A-Z0-9_]*)[ \t]*::",
        ),
        "pascal": heads(
            rb"(?i:(?:class )?(?:procedure|function|constructor|destructor))[ \t]+"
            rb"(?:(?P<owner>\w+)\.)?(?P<function>\w+)",
            rb"(?P<class>\w+)[ \t]*=[ \t]*(?i:class|object)\b",
            rb"(?P<struct>\w+)[ \t]*=[ \t]*(?i:packed[ \t]+)?(?i:record)\b",
            rb"(?P<interface>\w+)[ \t]*=[ \t]*(?i:interface|dispinterface)\b",
            rb"(?P<enum>\w+)[ \t]*=[ \t]*\(",
            rb"(?i:unit|program|library)[ \t]+(?P<module>[\w.]+)[ \t]*;",
        ),
        "prolog": heads(rb"(?P<clause>[a-z]\w*)\([^\n]{0,200}\)[^\n]{0,100}:-"),
        "proto": heads(
            rb"message (?P<struct>\w+)",
            rb"enum (?P<enum>\w+)",
            rb"service (?P<interface>\w+)",
            rb"rpc (?P<method>\w+)",
        ),
        "puppet": heads(rb"class (?P<class>[\w:]+)", rb"define (?P<function>[\w:]+)"),
        "purescript": heads(
            rb"(?:data|newtype) (?P<type>\w+)",
            rb"class (?:[^=\n]{1,200}<= )?(?P<class>\w+)",
            rb"(?P<function>[a-z]\w*) ::",
        ),
        "r": heads(
            rb"(?P<function>[A-Za-z.][\w.]*)[ \t]*(?:<-|=)[ \t]*function\b",
            rb"set(?:Class|RefClass)\([ \t]*(?P<class>['\"][\w.]+['\"])",
            rb"set(?:Generic|Method)\([ \t]*(?P<function_2>['\"][\w.]+['\"])",
            rb"test_that\([ \t]*(?P<test>\"[^\"\n]+\"|'[^'\n]+')",
            rb"(?P<class_2>[A-Z]\w*)[ \t]*<-[ \t]*R6::?R6Class\(",
        ),
        "racket": _SCHEME,
        "reason": heads(
            rb"let (?:rec )?(?P<function>\w+)", rb"module (?P<module>\w+)", rb"type (?P<type>\w+)"
        ),
        "scheme": _SCHEME,
        "tcl": heads(
            rb"proc[ \t]+(?:::)?(?:\w+::)*(?P<function>[\w.-]+)",
            rb"namespace eval[ \t]+(?P<namespace>[\w:]+)",
            rb"oo::class create[ \t]+(?P<class>[\w:]+)",
        ),
        "thrift": heads(
            rb"(?:struct|union) (?P<struct>\w+)",
            rb"exception (?P<error>\w+)",
            rb"enum (?P<enum>\w+)",
            rb"service (?P<interface>\w+)",
            rb"typedef [^\n]{1,100} (?P<type>\w+)",
        ),
        "vala": heads(
            rb"(?:\w+ )*class (?P<class>[\w.]+)",
            rb"(?:\w+ )*interface (?P<interface>[\w.]+)",
            rb"(?:(?:public|private|protected|internal|static|override|async|virtual|abstract) )+"
            rb"[\w.<>?\[\]]+ (?P<method>\w+)\s*\(",
        ),
        "vim": heads(
            rb"fu(?:n(?:c(?:t(?:i(?:on?)?)?)?)?)?!?[ \t]+(?:[sgblw]:)?(?P<function>[\w#.]+)",
            rb"com(?:mand)?!?[ \t]+(?:-\S+[ \t]+)*(?P<command>[A-Z]\w*)",
            rb"aug(?:roup)?[ \t]+(?!END)(?P<group>\w+)",
            rb"(?:export )?def!?[ \t]+(?P<function_2>\w+)\(",
        ),
        "visual-basic": heads(
            rb"(?i:(?:(?:public|private|friend|shared|static|overrides|protected) )*"
            rb"(?:sub|function))[ \t]+(?P<function>\w+)",
            rb"(?i:(?:(?:public|private|friend) )*class)[ \t]+(?P<class>\w+)",
            rb"(?i:(?:(?:public|private|friend) )*module)[ \t]+(?P<module>\w+)",
            rb"(?i:(?:(?:public|private) )*enum)[ \t]+(?P<enum>\w+)",
        ),
    }
)
"""By language name. Where a grammar of `SYNTAXES` is not installed, its `heads` serve as well."""
