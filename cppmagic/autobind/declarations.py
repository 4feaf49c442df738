"""What a C++ text declares, in as far as Python could use it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function.

    Attributes:
        name: "" if it has none.
        text: the declaration as written, without the default value: `const std::string &s`.
        default: the default value as written, or None.
        type_name: the last name of its type (`string`), for telling whose operand it is.
    """

    name: str
    text: str
    default: str | None = None
    type_name: str = ""


@dataclass(frozen=True)
class Declared:
    """What all declarations have.

    Attributes:
        number: of the declaration in its text; the text's line of it is looked up by this, so that
            generated code does not change when a line moves.
        name: as in C++.
        namespace: names of the namespaces around it.
        doc: the comment above it.
        conditions: of the `#if` around it, as expressions of the preprocessor.
    """

    number: int
    name: str
    namespace: tuple[str, ...]
    doc: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Function(Declared):
    """A function at namespace scope, or a method.

    Attributes:
        parameters: in their order.
        result: the type that it returns, as written; "" if it is deduced or could not be read.
        template_arguments: of an instance of a template: "<double>".
        template_names: of a template, the names of its parameters.
        qualifiers: of a method: "const", "const &", ...
        is_static, is_virtual, is_pure, is_final: of a method.
        is_public: of a method.
        has_definition: whether it is defined in the text, not only declared.
    """

    parameters: tuple[Parameter, ...] = ()
    result: str = ""
    template_arguments: str = ""
    template_names: tuple[str, ...] = ()
    qualifiers: str = ""
    is_static: bool = False
    is_virtual: bool = False
    is_pure: bool = False
    is_final: bool = False
    is_public: bool = True
    has_definition: bool = True


@dataclass(frozen=True)
class Constructor(Declared):
    """A constructor of a class."""

    parameters: tuple[Parameter, ...] = ()
    is_explicit: bool = False
    has_definition: bool = True


@dataclass(frozen=True)
class Field(Declared):
    """A field of a class, or a constant of a namespace.

    Attributes:
        type: as written.
        initializer: its default value as written, "" without one.
        is_static: of a class as a whole.
        is_constant: whether it is `const` or `constexpr`.
        is_array: whether it is a C array.
    """

    type: str = ""
    initializer: str = ""
    is_static: bool = False
    is_constant: bool = False
    is_array: bool = False


@dataclass(frozen=True)
class Operator(Declared):
    """An operator: a member, a friend or a free function; `name` is what follows `operator`.

    Attributes:
        parameters: both operands for one that is not a member.
        result: the type that it returns, as written; of a conversion, the type that it gives.
        is_member: whether the first operand is the object.
        is_conversion: whether it converts the object to `result`.
        qualifiers: "const", ...
    """

    parameters: tuple[Parameter, ...] = ()
    result: str = ""
    is_member: bool = True
    is_conversion: bool = False
    qualifiers: str = ""


@dataclass(frozen=True)
class Enum(Declared):
    """An enum.

    Attributes:
        outer: names of the classes around it.
        is_scoped: whether it is an `enum class`.
        values: names and comments of its values.
    """

    outer: tuple[str, ...] = ()
    is_scoped: bool = False
    values: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Base:
    """A public base of a class: its type as written, and the last name of that."""

    text: str
    name: str


@dataclass(frozen=True)
class Class(Declared):
    """A class or struct.

    Attributes:
        outer: names of the classes around it.
        bases: its public bases.
        all_bases: how many bases it has, public or not.
        constructors, methods, fields, operators, enums, classes: its public members; `methods` has
            those virtual ones that are not public too.
        has_constructors: whether it declares any, public or not.
        is_whole: whether `fields` are all that it has that are not static.
        inherits_constructors: names of the bases whose constructors it takes over.
        member_types: names of types that it declares, which are known inside only.
        member_names: names of its other members.
        template_names: names of the parameters of a class template: ("T",).
        is_final: whether nothing can derive from it.
        overloaded: names that more than one of its methods has.
        field_types: names in the types of its fields, public or not.
    """

    outer: tuple[str, ...] = ()
    bases: tuple[Base, ...] = ()
    all_bases: int = 0
    constructors: tuple[Constructor, ...] = ()
    methods: tuple[Function, ...] = ()
    fields: tuple[Field, ...] = ()
    operators: tuple[Operator, ...] = ()
    enums: tuple[Enum, ...] = ()
    classes: tuple[Class, ...] = ()
    has_constructors: bool = False
    is_whole: bool = True
    inherits_constructors: tuple[str, ...] = ()
    member_types: frozenset[str] = frozenset()
    member_names: frozenset[str] = frozenset()
    template_names: tuple[str, ...] = ()
    is_final: bool = False
    overloaded: frozenset[str] = frozenset()
    field_types: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Instance(Declared):
    """A class that a template makes: `template class Stack<int>;` or `using Ints = Stack<int>;`.

    Attributes:
        template: the template's name.
        arguments: as written: ("int",).
        is_alias: whether `name` is the user's; else it is the template's.
    """

    template: str = ""
    arguments: tuple[str, ...] = ()
    is_alias: bool = False


@dataclass(frozen=True)
class LeftOut:
    """A declaration that is not bound.

    Attributes:
        number: of the declaration.
        shown: its name for messages: `Matrix::solve`.
        reason: a sentence about it: "it is a template; ...".
        conditions: of the `#if` around it: what the compiler does not see is not left out.
    """

    number: int
    shown: str
    reason: str
    conditions: tuple[str, ...]


@dataclass(frozen=True)
class Declarations:
    """All that a text declares, in its order.

    Attributes:
        lines: by number of a declaration, the line that the user sees.
        main: the function `main`, which is not among the others.
        overloads: qualified names that more than one function has, templates included.
        members: class and name of each member that is defined outside of its class.
        macros: names that the text defines as macros.
    """

    functions: tuple[Function, ...]
    classes: tuple[Class, ...]
    instances: tuple[Instance, ...]
    templates: tuple[Class, ...]
    enums: tuple[Enum, ...]
    constants: tuple[Field, ...]
    operators: tuple[Operator, ...]
    left_out: tuple[LeftOut, ...]
    lines: tuple[int, ...]
    main: Function | None
    overloads: frozenset[tuple[str, ...]]
    members: frozenset[tuple[str, str]]
    macros: frozenset[str]
