"""Parsing: from C++ text to what it declares, by tree-sitter's grammar of C++.

The grammar reads the text as it stands, without the preprocessor; what it cannot read is passed
over, and the compiler, which sees the same text, has the last word.

    text -> scopes (Entry) -> namespaces, functions, variables, enums, classes, templates (Reading)
         -> prototypes, instances -> Declarations
"""

from cppmagic.autobind.parse.text import parse

__all__ = ["parse"]
