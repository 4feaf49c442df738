"""Bindings: from declarations to the pybind11 code that makes them a module.

Every statement stands on a line of its own behind a line marker that carries the number of its
declaration. If the compiler refuses one, the message says which declaration cannot be bound.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from cppmagic.autobind.declarations import (
    Class,
    Constructor,
    Declarations,
    Declared,
    Enum,
    Field,
    Function,
    Instance,
    Operator,
    Parameter,
)

FILE = "cppmagic bindings"
"""The file that the compiler takes the generated code to be in."""

# By their own names and first of all, so that what can be prepared of pybind11 is recognised.
_PYBIND11 = ("chrono", "complex", "functional", "native_enum", "pybind11", "stl", "stl/filesystem")
HEADER = (
    "".join(f"#include <pybind11/{name}.h>\n" for name in _PYBIND11)
    + "#include <cppmagic/autobind.hpp>\n"
)

_STANDARD_EXCEPTIONS = frozenset(
    (
        *("exception", "runtime_error", "logic_error", "invalid_argument", "domain_error"),
        *("length_error", "out_of_range", "range_error", "overflow_error", "underflow_error"),
        *("bad_alloc", "bad_cast", "bad_typeid", "bad_function_call", "bad_exception"),
        *("system_error", "failure"),
    )
)

_BINARY = {
    "+": "add",
    "-": "sub",
    "*": "mul",
    "/": "truediv",
    "%": "mod",
    "^": "xor",
    "&": "and",
    "|": "or",
    "<<": "lshift",
    ">>": "rshift",
}
_UNARY = {"-": "__neg__", "+": "__pos__", "~": "__invert__"}
_COMPARISONS = {
    "==": "__eq__",
    "!=": "__ne__",
    "<": "__lt__",
    "<=": "__le__",
    ">": "__gt__",
    ">=": "__ge__",
}
_MIRRORED = {"<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}
_STREAMS = ("ostream", "istream", "iostream", "basic_ostream", "basic_istream")
_KEYWORDS = frozenset(
    (
        *("int", "long", "short", "char", "bool", "float", "double", "void", "unsigned", "signed"),
        *("auto", "const", "static", "extern", "inline", "class", "struct", "return", "if"),
        *("namespace", "template", "typename", "using", "for", "while", "register"),
    )
)
_UNCOPIED = ("pybind11::detail::is_copy_constructible", "false_type")
_ITERATORS = ("begin", "end", "cbegin", "cend", "rbegin", "rend", "crbegin", "crend")
_NOWHERE = "it is declared here and defined nowhere"
_SILENT_OPERATORS = ("=", "->", "->*", ",", "&&", "||")


@dataclass(frozen=True)
class Options:
    """What decides the bindings beside the text.

    Attributes:
        module: the module's name.
        main: whether `main` is bound.
        links: whether something is linked that may define what the text only declares.
        dropped: by number of a declaration, why it is not bound although it could be expected to.
    """

    module: str
    main: bool = False
    links: bool = False
    dropped: tuple[tuple[int, str], ...] = ()


def bindings(declared: Declarations, options: Options) -> str:
    """Return the code that binds what a text declares; it follows the text, or its declarations."""
    return _Writer(declared, options).text()


def python_name(name: str) -> str:
    """Return a C++ name as Python can write it."""
    return f"{name}_" if keyword.iskeyword(name) else name


def literal(text: str) -> str:
    """Return a text as a string literal of C++ on one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    escaped = escaped.replace("\t", "\\t").replace("\r", "").replace("\0", "")
    return f'"{escaped}"'


@dataclass(frozen=True)
class _Bound:
    """A class as it is bound: one that the text declares, or one that a template makes.

    Attributes:
        declared: the class, or the template.
        number, name, namespace: of the class, or of what makes it.
        type: its type, qualified.
        aliases: statements that give the template's parameters their meaning.
        scope: what it is bound in.
    """

    declared: Class
    number: int
    name: str
    namespace: tuple[str, ...]
    type: str
    aliases: tuple[str, ...]
    conditions: tuple[str, ...]
    doc: str
    outer: int | None


class _Writer:
    """Writes the bindings of one text."""

    def __init__(self, declared: Declarations, options: Options) -> None:
        self._declared = declared
        self._options = options
        self._dropped = dict(options.dropped)
        self._lines: list[str] = []
        self._init: list[str] = []
        self._flattened = _common_namespace(declared)
        self._scopes: dict[tuple[str, ...], str] = {}
        self._exceptions = _exceptions(declared.classes)
        self._move_only = _move_only(declared.classes + declared.templates)
        self._bound = {
            made.number: made for made in self._all_classes() if made.number not in self._dropped
        }
        self._by_name = {made.name: made for made in self._bound.values()}
        self._by_name |= {
            made.declared.name: made
            for made in self._bound.values()
            if made.declared.name not in self._by_name
        }

    def text(self) -> str:
        """Return all of it."""
        enums = [enum for enum in self._all_enums() if enum.number not in self._dropped]
        for made in self._bound.values():
            self._specialise(made.number, made.type, made.conditions)
            if made.declared.name in self._move_only:
                self._specialise(made.number, made.type, made.conditions, _UNCOPIED)
        for enum in enums:
            if enum.name:
                self._specialise(enum.number, _qualified(enum), enum.conditions)
        ordered: list[Enum | _Bound | Class] = [*enums, *self._bound.values()]
        ordered += [
            made
            for made in self._declared.classes
            if made.name in self._exceptions and made.number not in self._dropped
        ]
        for item in sorted(ordered, key=lambda item: item.number):
            if isinstance(item, Enum):
                self._enum(item)
            elif isinstance(item, _Bound):
                self._declare_class(item)
            else:
                self._exception(item)
        for made in self._bound.values():
            self._define_class(made)
        for constant in self._declared.constants:
            self._constant(constant)
        for function in self._functions():
            self._function(function)
        self._report()
        return "\n".join([*self._lines, *self._module(), ""])

    def _functions(self) -> Iterator[Function]:
        for function in self._declared.functions:
            if function.has_definition or self._options.links:
                yield function
            elif not any(_is_type_name_only(p) for p in function.parameters):
                self._leave_out(function.number, function.name, _NOWHERE)

    def _report(self) -> None:
        for left in self._declared.left_out:
            self._leave_out(left.number, left.shown, left.reason)
        for number, reason in self._options.dropped:
            self._leave_out(number, self._shown_by_number(number), reason)
        if self._declared.main is not None and self._options.main:
            self._main(self._declared.main)

    def _shown_by_number(self, number: int) -> str:
        for made in self._everything():
            if made[1].number == number:
                return made[0]
        return "a declaration"

    def _everything(self) -> Iterator[tuple[str, Declared]]:
        declared = self._declared
        plain: Iterable[Declared] = (
            *declared.functions,
            *declared.enums,
            *declared.constants,
            *declared.instances,
        )
        for item in plain:
            yield item.name, item
        for operator in declared.operators:
            yield f"operator{operator.name}", operator
        waiting = [*declared.classes, *declared.templates]
        while waiting:
            made = waiting.pop()
            prefix = "::".join((*made.outer, made.name))
            yield prefix, made
            waiting += made.classes
            for member in (*made.methods, *made.constructors, *made.fields, *made.enums):
                yield f"{prefix}::{member.name}", member
            for operator in made.operators:
                yield f"{prefix}::operator{operator.name}", operator

    # ---- the module ------------------------------------------------------------------------

    def _module(self) -> list[str]:
        scopes = [
            f"auto {variable} = cppmagic_module"
            + "".join(f".def_submodule({literal(name)})" for name in path)
            + ";"
            for path, variable in self._scopes.items()
        ]
        # A submodule of a submodule: def_submodule gives the one that is there already.
        return [
            # pybind11's macro is made of keywords: `#define int long long` must not reach it.
            *(f"#undef {name}" for name in sorted(self._declared.macros & _KEYWORDS)),
            _marker(len(self._declared.lines)),
            f"PYBIND11_MODULE({self._options.module}, cppmagic_module) {{",
            "::cppmagic::module_being_made() = cppmagic_module;",
            'cppmagic_module.attr("__cppmagic_left_out__") = ::pybind11::list();',
            *scopes,
            *self._init,
            "}",
        ]

    def _scope(self, namespace: tuple[str, ...]) -> str:
        """Return the variable of the module that a namespace becomes."""
        path = namespace[len(self._flattened) :]
        if not path:
            return "cppmagic_module"
        return self._scopes.setdefault(path, f"cppmagic_scope_{len(self._scopes)}")

    def _leave_out(self, number: int, shown: str, reason: str) -> None:
        self._init.append(f"::cppmagic::leave_out({number}, {literal(shown)}, {literal(reason)});")

    def _write(
        self,
        number: int,
        namespace: tuple[str, ...],
        conditions: tuple[str, ...],
        code: str,
        call: str = "",
    ) -> None:
        """Write code inside of a namespace, and a call of it into the module's initialisation."""
        opening = "".join(f"namespace {name} {{ " for name in namespace)
        closing = "}" * len(namespace)
        self._lines += _under(conditions, [_marker(number), f"{opening}{code}{closing}"])
        if call:
            prefix = "".join(f"::{name}" for name in namespace)
            self._init += _under(conditions, [f"{prefix}::{call}"])

    def _specialise(
        self,
        number: int,
        name: str,
        conditions: tuple[str, ...],
        trait: tuple[str, str] = ("cppmagic::is_bound", "true_type"),
    ) -> None:
        code = f"template <> struct {trait[0]}<{name}> : ::std::{trait[1]} {{}};"
        self._lines += _under(conditions, [_marker(number), code])

    # ---- functions and constants -----------------------------------------------------------

    def _function(self, function: Function) -> None:
        if function.number in self._dropped:
            return
        overloaded = (*function.namespace, function.name) in self._declared.overloads
        name = _path(function) + function.template_arguments
        signature = ", ".join(p.text for p in function.parameters)
        if function.result:
            pointer = f"static_cast<{_pointer(function.result, '', signature, '')}>(&{name})"
        elif overloaded or function.template_arguments:
            pointer = f"::cppmagic::picker<void({signature})>::of(&{name})"
        else:
            pointer = f"&{name}"
        code = (
            f"static void cppmagic_bind_{function.number}(::pybind11::module_ &cppmagic_scope) {{ "
            f"::cppmagic::function<{_bool(overloaded)}>(cppmagic_scope, {_item(function)}, "
            f"{pointer}, {_by_name(function.parameters, _path(function))}"
            f"{_descriptors(function.parameters)}); }}"
        )
        scope = self._scope(function.namespace)
        call = f"cppmagic_bind_{function.number}({scope});"
        self._write(function.number, function.namespace, function.conditions, code, call)

    def _constant(self, constant: Field) -> None:
        if constant.number in self._dropped:
            return
        code = (
            f"static void cppmagic_bind_{constant.number}(::pybind11::module_ &cppmagic_scope) {{ "
            f"::cppmagic::constant(cppmagic_scope, {_item(constant)}, "
            f"[]() -> decltype(auto) {{ return ({_path(constant)}); }}); }}"
        )
        scope = self._scope(constant.namespace)
        call = f"cppmagic_bind_{constant.number}({scope});"
        self._write(constant.number, constant.namespace, constant.conditions, code, call)

    def _main(self, main: Function) -> None:
        call = "main()" if not main.parameters else "main(count, words.data())"
        code = (
            "static int cppmagic_main(std::vector<std::string> cppmagic_argv) { "
            "std::vector<char *> words; for (auto &word : cppmagic_argv) "
            "words.push_back(word.data()); "
            "int count = static_cast<int>(words.size()); words.push_back(nullptr); "
            f"(void)count; return ::{call}; }}"
        )
        self._write(main.number, (), main.conditions, code)
        default = '::pybind11::arg_v("argv", std::vector<std::string>(), "[]")'
        self._init += _under(
            main.conditions,
            [
                f'cppmagic_module.def("main", &cppmagic_main, {default}, {literal(main.doc)}, '
                "::pybind11::call_guard<::pybind11::gil_scoped_release>());"
            ],
        )

    # ---- enums and exceptions --------------------------------------------------------------

    def _all_enums(self) -> Iterator[Enum]:
        yield from self._declared.enums
        for made in self._bound.values():
            if not made.aliases:
                yield from made.declared.enums

    def _enum(self, enum: Enum) -> None:
        scope = self._scope(enum.namespace)
        outer = self._outer(enum)
        if outer is not None:
            scope = f"(*{_path_of(outer.namespace)}cppmagic_made_{outer.number})"
        if not enum.name:
            prefix = "::".join(("", *enum.namespace, *enum.outer))
            for name, _ in enum.values:
                value = f"static_cast<long long>({prefix}::{name})"
                line = f"{scope}.attr({literal(python_name(name))}) = ::pybind11::int_({value});"
                self._init += _under(enum.conditions, [_marker(enum.number), line])
            return
        flags = any(
            o.name == "|" and any(p.type_name == enum.name for p in o.parameters)
            for o in self._declared.operators
        )
        kind = "enum.IntFlag" if flags else "enum.Enum" if enum.is_scoped else "enum.IntEnum"
        values = "".join(
            f".value({literal(python_name(name))}, {_qualified(enum)}::{name}, {literal(doc)})"
            for name, doc in enum.values
        )
        export = "" if enum.is_scoped else ".export_values()"
        line = (
            f"::pybind11::native_enum<{_qualified(enum)}>({scope}, "
            f"{literal(python_name(enum.name))}, {literal(kind)}, {literal(enum.doc)})"
            f"{values}{export}.finalize();"
        )
        self._init += _under(enum.conditions, [_marker(enum.number), line])

    def _outer(self, item: Enum | Class) -> _Bound | None:
        if not item.outer:
            return None
        for made in self._bound.values():
            if (*made.declared.outer, made.declared.name) == item.outer and not made.aliases:
                return made
        return None

    def _exception(self, made: Class) -> None:
        base = next((b.name for b in made.bases if b.name in self._exceptions), "")
        variable = f"cppmagic_exception_{made.number}"
        parent = f"cppmagic_exception_{self._exceptions[base].number}" if base else "{}"
        line = (
            f"static ::pybind11::object &{variable} = *new ::pybind11::object("
            f"::cppmagic::exception<{_qualified(made)}>({self._scope(made.namespace)}, "
            f"{_item(made)}, {parent}));"
        )
        self._init += _under(made.conditions, [_marker(made.number), line, f"(void){variable};"])

    # ---- classes ---------------------------------------------------------------------------

    def _all_classes(self) -> Iterator[_Bound]:
        waiting = [made for made in self._declared.classes if made.name not in self._exceptions]
        for made in waiting:
            yield from _with_nested(made, None)
        templates = {made.name: made for made in self._declared.templates}
        instances = [i for i in self._declared.instances if i.template in templates]
        seen: set[tuple[str, tuple[str, ...]]] = set()
        for instance in sorted(instances, key=lambda i: not i.is_alias):
            if (instance.template, instance.arguments) not in seen:
                seen.add((instance.template, instance.arguments))
                yield _instance_of(instance, templates[instance.template], instances)

    def _declare_class(self, made: _Bound) -> None:
        scope = self._scope(made.namespace)
        if made.outer is not None:
            outer = self._bound.get(made.outer)
            if outer is None:
                return
            scope = f"*{_path_of(outer.namespace)}cppmagic_made_{outer.number}"
        arguments = [made.type]
        trampoline = self._trampoline(made)
        if trampoline:
            arguments.append(f"cppmagic_overridable_{made.number}")
            self._write(made.number, made.namespace, made.conditions, trampoline)
        bases = [self._by_name.get(base.name) for base in made.declared.bases]
        arguments += [base.type for base in bases if base is not None and base is not made]
        arguments.append("::pybind11::smart_holder")
        name = f"cppmagic_class_{made.number}"
        code = (
            f"using {name} = ::pybind11::class_<{', '.join(arguments)}>; "
            f"static {name} *cppmagic_made_{made.number}; "
        )
        self._write(made.number, made.namespace, made.conditions, code)
        prefix = _path_of(made.namespace)
        line = (
            f"{prefix}cppmagic_made_{made.number} = new {prefix}{name}({scope}, "
            f"{literal(python_name(made.name))}, {literal(made.doc)});"
        )
        self._init += _under(made.conditions, [_marker(made.number), line])

    def _define_class(self, made: _Bound) -> None:
        statements = list(self._members(made))
        if made.outer is not None and made.outer not in self._bound:
            return
        head = (
            f"static void cppmagic_define_{made.number}() {{ using cppmagic_self = {made.type}; "
            f"auto &cppmagic_scope = *cppmagic_made_{made.number}; (void)cppmagic_scope; "
            + " ".join(made.aliases)
        )
        opening = "".join(f"namespace {name} {{ " for name in made.namespace)
        lines = [_marker(made.number), opening + head]
        for item, code in statements:
            if item.number not in self._dropped:
                own = tuple(c for c in item.conditions if c not in made.conditions)
                lines += _under(own, [_marker(item.number), code])
        lines.append("}" + "}" * len(made.namespace))
        self._lines += _under(made.conditions, lines)
        call = f"{_path_of(made.namespace)}cppmagic_define_{made.number}();"
        self._init += _under(made.conditions, [call])

    def _members(self, made: _Bound) -> Iterator[tuple[Declared, str]]:
        """Yield the statements that define the members of a class."""
        declared = made.declared
        yield from self._constructors(made)
        fields = [f for f in declared.fields if not f.is_static]
        for field in declared.fields:
            yield field, self._field(made, field)
        yield from self._methods(made)
        yield from self._operators(made)
        names = "".join(f"{literal(python_name(f.name))}, " for f in fields)
        scope = "cppmagic_scope"
        yield declared, f"::cppmagic::object_protocol({scope}, {{{names}}});"
        yield declared, f"::cppmagic::container_protocol({scope});"

    def _constructors(self, made: _Bound) -> Iterator[tuple[Declared, str]]:
        declared = made.declared
        if not declared.has_constructors:
            fields = [f for f in declared.fields if not f.is_static]
            kept = [f for f in fields if f.number not in self._dropped]
            whole = declared.is_whole and not declared.all_bases and len(kept) == len(fields)
            parts = "".join(
                f", ::cppmagic::part{{{literal(python_name(f.name))}, {literal(_shown(f))}, "
                f"&cppmagic_self::{f.name}}}"
                for f in kept
            )
            item = replace(declared, doc="")
            call = f"::cppmagic::aggregate<{_bool(whole)}>(cppmagic_scope, {_item(item)}{parts});"
            yield declared, call
            return
        constructors = [(c, made) for c in declared.constructors if self._is_defined(c, declared)]
        for name in declared.inherits_constructors:
            base = self._by_name.get(name)
            if base is not None and base is not made:
                constructors += [(c, base) for c in base.declared.constructors]
        for constructor, owner in constructors:
            yield constructor, self._constructor(constructor, owner, len(constructors) > 1)

    def _constructor(self, constructor: Constructor, owner: _Bound, overloaded: bool) -> str:
        parameters = _inside(constructor.parameters, owner)
        signature = ", ".join(p.text for p in parameters)
        constructor = replace(constructor, parameters=parameters)
        item = _item(constructor, shown=f"{constructor.name}::{constructor.name}")
        code = (
            f"::cppmagic::constructor<{_bool(overloaded)}, void({signature})>(cppmagic_scope, "
            f"{item}{_descriptors(parameters)});"
        )
        alone = parameters and all(p.default is not None for p in parameters[1:])
        if alone and not constructor.is_explicit:
            first = parameters[0].text
            code += f" ::cppmagic::implicit_conversion<void({first})>(cppmagic_scope);"
        return code

    def _field(self, made: _Bound, field: Field) -> str:
        item = _item(field, shown=f"{made.name}::{field.name}")
        name = f"cppmagic_self::{field.name}"
        if not field.is_static:
            return f"::cppmagic::field(cppmagic_scope, {item}, &{name});"
        if field.is_constant:
            # By value: a constant that is not defined has no address.
            how = "-> decltype(auto) { return (%s); }" if field.is_array else "{ return %s; }"
            return f"::cppmagic::constant(cppmagic_scope, {item}, []() {how % name});"
        return f"::cppmagic::static_field(cppmagic_scope, {item}, &{name});"

    def _methods(self, made: _Bound) -> Iterator[tuple[Declared, str]]:
        declared = made.declared
        public = [m for m in declared.methods if m.is_public]
        instance_names = {m.name for m in public if not m.is_static}
        for method in public:
            shown = f"{made.name}::{method.name}"
            if method.name in _ITERATORS and not method.parameters:
                continue  # container_protocol sees them
            if not self._is_defined(method, declared):
                self._leave_out(method.number, shown, _NOWHERE)
            elif "&&" in method.qualifiers:
                self._leave_out(method.number, shown, "it is for temporaries only (&&)")
            elif method.is_static and method.name in instance_names:
                reason = "it is static, and another method of its name is not"
                self._leave_out(method.number, shown, reason)
            elif not _has_mutable_twin(method, public):
                yield method, self._method(made, method, method.name, shown)

    def _is_defined(self, member: Function | Constructor, owner: Class) -> bool:
        known = (owner.name, member.name) in self._declared.members
        return member.has_definition or known or self._options.links

    def _method(self, made: _Bound, method: Function, name: str, shown: str) -> str:
        declared = made.declared
        overloaded = method.name in declared.overloaded or name == "__call__"
        parameters = _inside(method.parameters, made)
        signature = ", ".join(p.text for p in parameters)
        result = _inside_text(method.result, made)
        target = f"&cppmagic_self::{method.name}"
        qualifiers = "" if method.is_static else method.qualifiers
        owner = "" if method.is_static else "cppmagic_self::"
        if overloaded and result:
            pointer = _pointer(result, owner, signature, qualifiers)
            target = f"static_cast<{pointer}>({target})"
        elif overloaded:
            target = f"::cppmagic::picker<void({signature}) {qualifiers}>::of({target})"
        kind = "static_method" if method.is_static else "method"
        if method.is_static:
            by_name = _by_name(parameters, f"cppmagic_self::{method.name}")
        else:
            by_name = _by_name(parameters, method.name, "cppmagic_object")
        item = _item(replace(method, name=name, parameters=parameters), shown=shown)
        return (
            f"::cppmagic::{kind}<{_bool(overloaded)}>(cppmagic_scope, {item}, {target}, "
            f"{by_name}{_descriptors(parameters)});"
        )

    # ---- operators -------------------------------------------------------------------------

    def _operators(self, made: _Bound) -> Iterator[tuple[Declared, str]]:
        compared = False
        done: set[str] = set()
        for operator in (*made.declared.operators, *self._declared.operators):
            operands = self._operands(operator, made)
            if operands is None:
                continue
            shown = f"{made.name}::operator{operator.name}"
            if operator.name in (*_COMPARISONS, "<=>") and self._is_same(operator, made):
                if not compared:
                    yield operator, "::cppmagic::comparisons(cppmagic_scope);"
                compared = True
                continue
            codes = [self._operator(operator, made, operands, shown)]
            if not operator.is_member and self._is_same(operator, made) and _converts(made):
                # 1 + r, where 1 is converted: Python asks r.
                codes.append(_reflected(operator, operands, shown))
            for code in codes:
                if code and code not in done:
                    done.add(code)
                    yield operator, code

    def _operands(self, operator: Operator, made: _Bound) -> tuple[Parameter, ...] | None:
        """Return the operands of an operator that is one of a class's, else None."""
        parameters = _inside(operator.parameters, made)
        if operator.is_member:
            const = "const " if "const" in operator.qualifiers else ""
            this = Parameter("", f"{const}cppmagic_self &", None, made.declared.name)
            return (this, *parameters)
        names = [p.type_name for p in parameters]
        if made.declared.name not in names and made.name not in names:
            return None
        # Of two classes, it belongs to the first.
        first = names[0]
        if first not in (made.name, made.declared.name) and first in self._by_name:
            return None
        return parameters

    @staticmethod
    def _is_same(operator: Operator, made: _Bound) -> bool:
        return all(p.type_name == made.declared.name for p in operator.parameters)

    def _operator(
        self, operator: Operator, made: _Bound, operands: tuple[Parameter, ...], shown: str
    ) -> str:
        name = operator.name
        if operator.is_conversion:
            item = _item(replace(operator, name="conversion"), shown=f"{shown} {operator.result}")
            result = _inside_text(operator.result, made)
            return f"::cppmagic::conversion<{result}>(cppmagic_scope, {item});"
        if operands[0].type_name in _STREAMS:
            return ""  # object_protocol finds it
        if name == "()":
            method = Function(
                operator.number, "operator()", operator.namespace, operator.doc,
                operator.conditions, operator.parameters, operator.result,
                qualifiers=operator.qualifiers,
            )  # fmt: skip
            return self._method(made, method, "__call__", shown)
        if name == "[]" and len(operands) == 2:
            item = _item(replace(operator, name="__getitem__"), shown=shown)
            return f"::cppmagic::subscript<void({operands[1].text})>(cppmagic_scope, {item});"
        if len(operands) == 1 and name in _UNARY:
            return _operation(operator, _UNARY[name], operands, f"{name} cppmagic_a", shown)
        if len(operands) == 2:
            expression = f"cppmagic_a {name} cppmagic_b"
            reflected = operands[0].type_name not in (made.name, made.declared.name)
            if reflected:
                operands = (operands[1], operands[0])
                expression = f"cppmagic_b {name} cppmagic_a"
            python = _python_operator(name, reflected)
            if python:
                return _operation(operator, python, operands, expression, shown)
        if name not in _SILENT_OPERATORS and name not in ("<=>", "*"):
            self._leave_out(operator.number, shown, "Python has no such operator")
        return ""

    # ---- virtual methods -------------------------------------------------------------------

    def _trampoline(self, made: _Bound) -> str:
        """Return the class through which Python overrides virtual methods, "" without any."""
        declared = made.declared
        if declared.is_final or made.aliases or declared.outer:
            return ""
        virtual = self._virtual_methods(made)
        if not virtual:
            return ""
        name = f"cppmagic_overridable_{made.number}"
        methods = " ".join(
            _override(method, made) for method in virtual.values() if not method.is_final
        )
        return (
            f"struct {name} : {made.type}, ::pybind11::trampoline_self_life_support {{ "
            f"using cppmagic_self = {made.type}; using cppmagic_self::{declared.name}; "
            f"{name}() = default; {name}(const {name} &) = default; "
            f"{name}(const {made.type} &cppmagic_other) : {made.type}(cppmagic_other) {{}} "
            f"{methods} }};"
        )

    def _virtual_methods(self, made: _Bound) -> dict[tuple[str, ...], Function]:
        """Return the virtual methods that a class has, its bases' included, by their signature."""
        found: dict[tuple[str, ...], Function] = {}
        for base in made.declared.bases:
            owner = self._by_name.get(base.name)
            if owner is not None and owner is not made:
                found |= self._virtual_methods(owner)
        for method in made.declared.methods:
            key = (method.name, method.qualifiers, *(p.text for p in method.parameters))
            inherited = {k[:2] for k in found}
            if (method.is_virtual or key[:2] in inherited) and method.result:
                if method.number in self._dropped:
                    continue
                found[key] = method
        return found


def _override(method: Function, made: _Bound) -> str:
    names = [f"cppmagic_{i}" for i in range(len(method.parameters))]
    parameters = ", ".join(
        _renamed(p, name) for p, name in zip(method.parameters, names, strict=True)
    )
    passed = ", ".join(names)
    types = ", ".join(["cppmagic_result", *()])
    pure = method.is_pure or not method.is_public
    otherwise = (
        "[&]() -> cppmagic_result { throw 0; }"
        if pure
        else f"[&]() -> cppmagic_result {{ return cppmagic_self::{method.name}({passed}); }}"
    )
    forwarded = "".join(f", static_cast<decltype({n}) &&>({n})" for n in names)
    shown = literal(f"{made.name}::{method.name}")
    return (
        f"auto {method.name}({parameters}) {method.qualifiers} -> {method.result} override {{ "
        f"using cppmagic_result = {method.result}; "
        f"return ::cppmagic::overridden<{types}, {_bool(pure)}>("
        f"static_cast<const cppmagic_self *>(this), {literal(python_name(method.name))}, {shown}, "
        f"{otherwise}{forwarded}); }}"
    )


def _renamed(parameter: Parameter, name: str) -> str:
    """Return a parameter's declaration with another name."""
    if parameter.name:
        return re.sub(rf"\b{parameter.name}\b(?=\s*(?:\[[^\]]*\]\s*)?$)", name, parameter.text)
    return f"{parameter.text} {name}"


def _with_nested(made: Class, outer: int | None) -> Iterator[_Bound]:
    yield _Bound(
        made, made.number, made.name, made.namespace, _qualified(made), (), made.conditions,
        made.doc, outer,
    )  # fmt: skip
    for inner in made.classes:
        yield from _with_nested(inner, made.number)


def _instance_of(instance: Instance, template: Class, instances: list[Instance]) -> _Bound:
    name = instance.name
    unnamed = [other for other in instances if not other.is_alias]
    alone = sum(other.template == instance.template for other in unnamed) == 1
    if not instance.is_alias and not alone:
        name += "_" + re.sub(r"\W+", "_", "_".join(instance.arguments)).strip("_")
    aliases = []
    for parameter, argument in zip(template.template_names, instance.arguments, strict=False):
        is_value = re.fullmatch(r"-?[\d'xa-fA-FuUlL]+|true|false|'.'", argument) is not None
        word = f"constexpr auto {parameter} =" if is_value else f"using {parameter} ="
        if parameter:
            aliases.append(
                f"[[maybe_unused]] {word} {argument};" if is_value else f"{word} {argument};"
            )
    kind = f"{_qualified(template)}<{', '.join(instance.arguments)}>"
    return _Bound(
        template, instance.number, name, instance.namespace, kind, tuple(aliases),
        instance.conditions, instance.doc or template.doc, None,
    )  # fmt: skip


def _exceptions(classes: tuple[Class, ...]) -> dict[str, Class]:
    """Return the classes that are derived from std::exception, by name."""
    found: dict[str, Class] = {}
    for made in classes:
        if any(base.name in _STANDARD_EXCEPTIONS or base.name in found for base in made.bases):
            found[made.name] = made
    return found


def _move_only(classes: tuple[Class, ...]) -> frozenset[str]:
    """Return the classes that hold a unique_ptr, in whatever container.

    A std::vector of them claims to have a copy constructor, which then does not compile.
    """
    found = {"unique_ptr"}
    waiting = list(classes)
    for made in waiting:
        waiting += made.classes
    before = 0
    while len(found) > before:
        before = len(found)
        for made in waiting:
            if made.field_types & found:
                found.add(made.name)
    return frozenset(found)


def _common_namespace(declared: Declarations) -> tuple[str, ...]:
    """Return the namespaces that enclose everything."""
    items: list[Declared] = [
        *declared.functions,
        *declared.classes,
        *declared.instances,
        *declared.enums,
        *declared.constants,
    ]
    paths = [item.namespace for item in items]
    if not paths:
        return ()
    shortest = min(paths, key=len)
    for length in range(len(shortest), 0, -1):
        if all(path[:length] == shortest[:length] for path in paths):
            return shortest[:length]
    return ()


def _marker(number: int) -> str:
    # The flag 3 makes it a system header, about which compilers give no warnings.
    return f'# {number + 1} "{FILE}" 3'


def _under(conditions: Iterable[str], lines: list[str]) -> list[str]:
    conditions = list(conditions)
    return [*(f"#if {text}" for text in conditions), *lines, *("#endif" for _ in conditions)]


def _path_of(namespace: tuple[str, ...]) -> str:
    return "".join(f"::{name}" for name in namespace) + "::"


def _path(item: Declared) -> str:
    return _path_of(item.namespace) + item.name


def _qualified(item: Class | Enum) -> str:
    return "::".join(("", *item.namespace, *item.outer, item.name))


def _bool(value: bool) -> str:
    return "true" if value else "false"


def _pointer(result: str, owner: str, parameters: str, qualifiers: str) -> str:
    return f"auto ({owner}*)({parameters}) {qualifiers} -> {result}"


def _item(item: Declared, shown: str = "") -> str:
    """Return what messages and docstrings say of a declaration, as C++."""
    parameters: tuple[Parameter, ...] = getattr(item, "parameters", ())
    result = getattr(item, "result", "") or getattr(item, "type", "")
    texts = ", ".join(literal(p.text) for p in parameters)
    words = [
        str(item.number),
        literal(python_name(item.name)),
        literal(shown or item.name),
        literal(item.doc),
        literal(result),
        f"{{{texts}}}",
    ]
    return f"::cppmagic::item{{{', '.join(words)}}}"


def _shown(field: Field) -> str:
    """Return the initializer of a field as a signature shows it."""
    text = field.initializer
    return text if text and not text.startswith("{") else ""


def _is_python_pack(parameter: Parameter) -> bool:
    return parameter.type_name in ("args", "kwargs") and "::" in parameter.text


def _descriptors(parameters: tuple[Parameter, ...]) -> str:
    """Return the arguments that describe parameters to our templates."""
    words = []
    for number, parameter in enumerate(parameters):
        if _is_python_pack(parameter):
            continue
        name = literal(python_name(parameter.name or f"arg{number}"))
        if parameter.default is None:
            words.append(f", ::cppmagic::needed{{{name}}}")
            continue
        value = (
            "[](auto cppmagic_to) -> typename decltype(cppmagic_to)::type "
            f"{{ return {parameter.default}; }}"
        )
        words.append(f", ::cppmagic::preset{{{name}, {literal(parameter.default)}, {value}}}")
    return "".join(words)


def _by_name(parameters: tuple[Parameter, ...], name: str, owner: str = "") -> str:
    """Return a callable that calls a function by its name, so that C++'s own defaults hold."""
    if not any(p.default is not None for p in parameters):
        return "nullptr"
    passed = "static_cast<decltype(cppmagic_a) &&>(cppmagic_a)..."
    if owner:
        return (
            f"[](auto &{owner}, auto &&...cppmagic_a) -> decltype(auto) "
            f"{{ return {owner}.{name}({passed}); }}"
        )
    return f"[](auto &&...cppmagic_a) -> decltype(auto) {{ return {name}({passed}); }}"


def _operation(
    operator: Operator, name: str, operands: tuple[Parameter, ...], expression: str, shown: str
) -> str:
    signature = ", ".join(p.text for p in operands)
    names = ("cppmagic_a", "cppmagic_b")[: len(operands)]
    passed = ", ".join(f"auto &&{n}" for n in names)
    item = _item(replace(operator, name=name, parameters=operands), shown=shown)
    return (
        f"::cppmagic::operation<void({signature})>(cppmagic_scope, {item}, "
        f"[]({passed}) -> decltype(auto) {{ return {expression}; }});"
    )


def _reflected(operator: Operator, operands: tuple[Parameter, ...], shown: str) -> str:
    name = _python_operator(operator.name, reflected=True)
    if len(operands) != 2 or operator.name not in _BINARY:
        return ""
    expression = f"cppmagic_b {operator.name} cppmagic_a"
    return _operation(operator, name, (operands[1], operands[0]), expression, shown)


def _converts(made: _Bound) -> bool:
    """Whether other values become objects of a class without being asked to."""
    return any(
        c.parameters and not c.is_explicit and all(p.default is not None for p in c.parameters[1:])
        for c in made.declared.constructors
    )


def _python_operator(symbol: str, reflected: bool) -> str:
    if symbol in _COMPARISONS:
        return _MIRRORED.get(symbol, _COMPARISONS[symbol]) if reflected else _COMPARISONS[symbol]
    if symbol in _BINARY:
        return f"__r{_BINARY[symbol]}__" if reflected else f"__{_BINARY[symbol]}__"
    if symbol.endswith("=") and symbol[:-1] in _BINARY and not reflected:
        return f"__i{_BINARY[symbol[:-1]]}__"
    return ""


def _has_mutable_twin(method: Function, others: list[Function]) -> bool:
    """Whether a const method has a twin that is not: Python knows no const, and gets that one."""
    if "const" not in method.qualifiers:
        return False
    types = [p.text for p in method.parameters]
    return any(
        other.name == method.name
        and "const" not in other.qualifiers
        and not other.is_static
        and [p.text for p in other.parameters] == types
        for other in others
    )


def _inside(parameters: tuple[Parameter, ...], made: _Bound) -> tuple[Parameter, ...]:
    """Return parameters with names that only a class's own scope knows qualified."""
    return tuple(
        replace(
            p,
            text=_inside_text(p.text, made),
            default=None if p.default is None else _inside_text(p.default, made, values=True),
        )
        for p in parameters
    )


def _inside_text(text: str, made: _Bound, values: bool = False) -> str:
    declared = made.declared
    names = declared.member_types | (declared.member_names if values else frozenset())
    if made.aliases and not values:
        names = (
            names | {declared.name} if re.search(rf"\b{declared.name}\b(?!\s*<)", text) else names
        )
    if not names:
        return text

    def qualify(match: re.Match[str]) -> str:
        word = match.group()
        if word == declared.name:
            return "cppmagic_self"
        prefix = "typename " if made.aliases and word in declared.member_types else ""
        return f"{prefix}cppmagic_self::{word}"

    words = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    return re.sub(rf"(?<![\w:.\"'])(?:{words})\b(?!\s*\()", qualify, text)


def _is_type_name_only(parameter: Parameter) -> bool:
    """Whether a parameter may be a value: `std::vector<int> v(n);` reads like a declaration."""
    return not parameter.name and re.fullmatch(r"\w+", parameter.text) is not None
