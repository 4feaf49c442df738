"""Parsing: from C++ text to what it declares, by tree-sitter's grammar of C++.

The grammar reads the text as it stands, without the preprocessor; what it cannot read is passed
over, and the compiler, which sees the same text, has the last word.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cppmagic.autobind.declarations import (
    Class,
    Constructor,
    Declarations,
    Enum,
    Field,
    Function,
    Instance,
    LeftOut,
    Operator,
    Parameter,
)
from cppmagic.autobind.syntax import (
    CLASSES,
    Entry,
    clean_doc,
    declared_name,
    descendants,
    field_obstacle,
    function_declarator,
    has_auto,
    is_array,
    is_constant,
    is_defined,
    is_unreadable,
    last_name,
    layers,
    member_name,
    next_default,
    public_bases,
    qualifiers,
    result_type,
    template_names,
    text_of,
    tree_of,
    user_lines,
    virtual_words,
    walk,
    words_of,
)

if TYPE_CHECKING:
    from tree_sitter import Node


# Namespaces whose content is nobody else's business.
_PRIVATE_NAMESPACE = "detail"


_TEMPLATE_REASON = (
    "it is a template; name the types to bind with an explicit instantiation below it, such as "
    "`template {example};`"
)


def parse(text: str) -> Declarations:
    """Return what a text declares.

    Args:
        text: rendered; its `#line` directives say which lines the user sees.
    """
    reader = _Reader(user_lines(text.encode()))
    for entry in walk(tree_of(text).root_node):
        reader.take(entry)
    return reader.result()


@dataclass
class _Reader:
    """Collects declarations.

    Attributes:
        user_lines: for each line of the text, the one that the user sees.
    """

    user_lines: list[int]
    lines: list[int] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    prototypes: list[Function] = field(default_factory=list)
    function_templates: list[Function] = field(default_factory=list)
    function_instances: list[Function] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    templates: list[Class] = field(default_factory=list)
    instances: list[Instance] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    constants: list[Field] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    names: Counter[tuple[str, ...]] = field(default_factory=Counter)
    members: set[tuple[str, str]] = field(default_factory=set)
    macros: set[str] = field(default_factory=set)
    main: Function | None = None

    def result(self) -> Declarations:
        """Return all that was collected."""
        self._bind_prototypes()
        self._bind_instances()
        return Declarations(
            functions=tuple(self.functions),
            classes=tuple(self.classes),
            instances=tuple(self.instances),
            templates=tuple(self.templates),
            enums=tuple(self.enums),
            constants=tuple(self.constants),
            operators=tuple(self.operators),
            left_out=tuple(self.left_out),
            lines=tuple(self.lines),
            main=self.main,
            overloads=frozenset(name for name, count in self.names.items() if count > 1),
            members=frozenset(self.members),
            macros=frozenset(self.macros),
        )

    # ---- what stands at namespace scope ----------------------------------------------------

    def take(self, entry: Entry) -> None:
        """Take note of one node at namespace scope."""
        if None in entry.namespace or _PRIVATE_NAMESPACE in entry.namespace:
            return
        node, kind = entry.node, entry.node.type
        if kind in ("function_definition", "declaration"):
            self._take_declaration(entry, node)
        elif kind in CLASSES:
            self._take_class(entry, node)
        elif kind == "enum_specifier":
            self.enums += self._enum(entry, node, ())
        elif kind == "type_definition":
            self._take_typedef(entry)
        elif kind == "template_declaration":
            self._take_template(entry)
        elif kind == "template_instantiation":
            self._take_instantiation(entry)
        elif kind == "alias_declaration":
            self._take_alias(entry)
        elif kind == "preproc_def":
            self.macros.add(text_of(node.child_by_field_name("name")))

    def _take_declaration(self, entry: Entry, node: Node) -> None:
        kind = node.child_by_field_name("type")
        if kind is not None and kind.child_by_field_name("body") is not None:
            # struct P { ... } p, q;
            self.take(replace(entry, node=kind))
            return
        declarator = node.child_by_field_name("declarator")
        if (
            node.type == "function_definition"
            and declarator is not None
            and declarator.type == "operator_cast"
        ):
            return
        if function_declarator(declarator) is not None:
            self._take_function(entry, node)
        elif node.type == "declaration":
            self._take_variables(entry, node)

    def _take_function(self, entry: Entry, node: Node) -> None:
        words = words_of(node)
        function = function_declarator(node.child_by_field_name("declarator"))
        assert function is not None
        name_node = function.child_by_field_name("declarator")
        if name_node is None or is_unreadable(name_node):
            return
        if name_node.type == "qualified_identifier":
            self.members.add(member_name(name_node))  # a method, outside of its class
            return
        name = text_of(name_node)
        if name_node.type == "operator_name":
            self._take_operator(entry, node, function, name)
            return
        if name_node.type != "identifier" or "static" in words:
            if name_node.type == "identifier":
                self._count(self._namespace(entry), name)
            return
        number = self._number(node)
        made = Function(
            number,
            name,
            self._namespace(entry),
            self._doc(node),
            entry.conditions,
            parameters=self._parameters(function),
            result=result_type(node),
        )
        if name == "main" and not made.namespace:
            self.main = made
            return
        reason = self._obstacle(node, function, words)
        if node.type == "declaration":
            self.prototypes.append(made)
            return
        self._count(made.namespace, name)
        if reason:
            self._leave_out(number, made, reason)
        else:
            self.functions.append(made)

    def _obstacle(self, node: Node, function: Node, words: set[str]) -> str:
        """Return why a function cannot be bound, as far as its declaration tells; "" if it can."""
        parameters = function.child_by_field_name("parameters")
        if is_unreadable(function) or parameters is None:
            return "its declaration could not be read"
        if any(child.type == "delete_method_clause" for child in node.children):
            return "it is deleted"
        if "consteval" in words:
            return "it exists at compile time only (consteval)"
        if any(text_of(child) == "..." for child in parameters.children):
            return "it takes any number of arguments (...)"
        if has_auto(parameters):
            example = _example(text_of(function.child_by_field_name("declarator")), 1)
            return _TEMPLATE_REASON.format(example=example)
        return ""

    def _take_variables(self, entry: Entry, node: Node) -> None:
        words = words_of(node)
        if "extern" in words:
            return
        for declarator in node.children_by_field_name("declarator"):
            name = declared_name(declarator)
            if name is None or name.type != "identifier" or is_unreadable(name):
                continue
            inner = declarator
            if inner.type == "init_declarator":
                inner = inner.child_by_field_name("declarator") or inner
            if inner.type == "function_declarator":
                # int f(int) = delete;
                self._leave_out_deleted(entry, declarator, text_of(name))
                continue
            if not is_constant(words, inner):
                continue
            self.constants.append(self._field(entry, node, declarator, words))

    def _take_typedef(self, entry: Entry) -> None:
        node = entry.node
        kind = node.child_by_field_name("type")
        if kind is None or kind.child_by_field_name("body") is None:
            self._take_alias(entry)
            return
        declarator = node.child_by_field_name("declarator")
        name = "" if declarator is None else text_of(declared_name(declarator))
        if kind.type in CLASSES:
            self._take_class(replace(entry, node=node), kind, name)
        elif kind.type == "enum_specifier":
            self.enums += self._enum(entry, kind, (), name)

    def _take_template(self, entry: Entry) -> None:
        node = entry.node
        parameters = node.child_by_field_name("parameters")
        inner = node.named_children[-1]
        names = template_names(parameters) if parameters is not None else ()
        if inner.type in ("function_definition", "declaration"):
            function = function_declarator(inner.child_by_field_name("declarator"))
            if function is None:
                return
            self._take_function_template(entry, node, inner, function, names)
        elif inner.type in CLASSES and inner.child_by_field_name("body") is not None:
            name_node = inner.child_by_field_name("name")
            if name_node is None or name_node.type != "type_identifier":
                return  # a specialisation
            made = self._class(entry, node, inner, (), "")
            if made is not None:
                self.templates.append(replace(made, template_names=names))

    def _take_function_template(
        self, entry: Entry, node: Node, inner: Node, function: Node, names: tuple[str, ...]
    ) -> None:
        name_node = function.child_by_field_name("declarator")
        if name_node is None or name_node.type not in ("identifier", "template_function"):
            if name_node is not None and name_node.type == "qualified_identifier":
                self.members.add(member_name(name_node))
            if name_node is not None and name_node.type == "operator_name":
                self._take_operator(entry, inner, function, text_of(name_node), is_template=True)
            return
        words = words_of(inner)
        made = self._instance(entry, node, inner, function, name_node, names)
        if names:
            self._count(made.namespace, made.name)
            if "static" not in words and inner.type == "function_definition":
                self.function_templates.append(made)
        elif inner.type == "function_definition":
            # template <> int f<int>(int x) { ... }
            self.function_instances.append(made)

    def _take_instantiation(self, entry: Entry) -> None:
        node = entry.node
        kind = node.child_by_field_name("type")
        if kind is not None and kind.type in CLASSES:
            name = kind.child_by_field_name("name")
            if name is not None and name.type == "template_type":
                self._add_instance(entry, name, "")
            return
        function = function_declarator(node.child_by_field_name("declarator"))
        if function is None:
            return
        name_node = function.child_by_field_name("declarator")
        scopes: list[str | None] = []
        while name_node is not None and name_node.type == "qualified_identifier":
            # template int ns::twice(int);
            scopes.append(text_of(name_node.child_by_field_name("scope")))
            name_node = name_node.child_by_field_name("name")
        if name_node is not None and name_node.type in ("identifier", "template_function"):
            entry = replace(entry, namespace=(*entry.namespace, *scopes))
            self.function_instances.append(self._instance(entry, node, node, function, name_node))

    def _instance(
        self,
        entry: Entry,
        node: Node,
        inner: Node,
        function: Node,
        name_node: Node,
        names: tuple[str, ...] = (),
    ) -> Function:
        arguments = ""
        if name_node.type == "template_function":
            arguments = text_of(name_node.child_by_field_name("arguments"))
            name_node = name_node.child_by_field_name("name") or name_node
        return Function(
            self._number(node),
            text_of(name_node),
            self._namespace(entry),
            self._doc(node),
            entry.conditions,
            parameters=self._parameters(function),
            result=result_type(inner),
            template_arguments=arguments or "<>",
            template_names=names,
        )

    def _take_alias(self, entry: Entry) -> None:
        node = entry.node
        kind = node.child_by_field_name("type")
        if kind is not None and kind.type == "type_descriptor":
            if kind.child_by_field_name("declarator") is not None:
                return
            kind = kind.child_by_field_name("type")
        if kind is None or kind.type != "template_type":
            return
        name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        if name is not None and name.type == "type_identifier":
            self._add_instance(entry, kind, text_of(name))

    def _add_instance(self, entry: Entry, kind: Node, alias: str) -> None:
        arguments = kind.child_by_field_name("arguments")
        if arguments is None:
            return
        template = text_of(kind.child_by_field_name("name"))
        self.instances.append(
            Instance(
                self._number(entry.node),
                alias or template,
                self._namespace(entry),
                self._doc(entry.node),
                entry.conditions,
                template=template,
                arguments=tuple(text_of(child) for child in arguments.named_children),
                is_alias=bool(alias),
            )
        )

    def _take_operator(
        self, entry: Entry, node: Node, function: Node, name: str, is_template: bool = False
    ) -> None:
        made = self._operator(entry, node, function, name, is_member=False)
        if made is not None and not is_template:
            self.operators.append(made)

    def _operator(
        self, entry: Entry, node: Node, function: Node, name: str, is_member: bool
    ) -> Operator | None:
        symbol = name.removeprefix("operator").strip()
        if symbol.startswith(('"', "new", "delete", "co_await")) or is_unreadable(function):
            return None
        if any(child.type == "delete_method_clause" for child in node.children):
            return None
        return Operator(
            self._number(node),
            symbol.replace(" ", ""),
            self._namespace(entry),
            self._doc(node),
            entry.conditions,
            parameters=self._parameters(function),
            result=result_type(node),
            is_member=is_member,
            qualifiers=qualifiers(function),
        )

    # ---- classes and enums -----------------------------------------------------------------

    def _take_class(self, entry: Entry, node: Node, name: str = "") -> None:
        made = self._class(entry, entry.node, node, (), name)
        if made is not None:
            self.classes.append(made)

    def _class(
        self, entry: Entry, place: Node, node: Node, outer: tuple[str, ...], name: str
    ) -> Class | None:
        body = node.child_by_field_name("body")
        name_node = node.child_by_field_name("name")
        if name_node is not None and name_node.type != "type_identifier":
            return None  # a specialisation, or a class that is defined outside of its outer one
        name = name or text_of(name_node)
        if body is None or not name:
            return None
        number = self._number(place)
        members = _Members(self, entry, (*outer, name), node.type == "class_specifier")
        members.take_all(body)
        clause = next((c for c in node.children if c.type == "base_class_clause"), None)
        bases, count = public_bases(clause, node.type == "class_specifier")
        return Class(
            number,
            name,
            self._namespace(entry),
            self._doc(place),
            entry.conditions,
            outer=outer,
            bases=bases,
            all_bases=count,
            constructors=tuple(members.constructors),
            methods=tuple(members.methods),
            fields=tuple(members.fields),
            operators=tuple(members.operators),
            enums=tuple(members.enums),
            classes=tuple(members.classes),
            has_constructors=members.has_constructors,
            is_whole=members.is_whole,
            inherits_constructors=tuple(members.inherited),
            member_types=frozenset(members.types),
            member_names=frozenset(members.names),
            is_final=any(text_of(c) == "final" for c in node.children),
            field_types=frozenset(members.field_types),
            overloaded=frozenset(n for n, count in members.counts.items() if count > 1),
        )

    def _enum(self, entry: Entry, node: Node, outer: tuple[str, ...], name: str = "") -> list[Enum]:
        body = node.child_by_field_name("body")
        if body is None:
            return []
        name_node = node.child_by_field_name("name")
        if name_node is not None and name_node.type != "type_identifier":
            return []
        values = []
        for child in body.named_children:
            if child.type == "enumerator":
                values.append((text_of(child.child_by_field_name("name")), self._doc_beside(child)))
        scoped = any(child.type in ("class", "struct") for child in node.children)
        return [
            Enum(
                self._number(entry.node),
                name or text_of(name_node),
                self._namespace(entry),
                self._doc(entry.node),
                entry.conditions,
                outer=outer,
                is_scoped=scoped,
                values=tuple(values),
            )
        ]

    def _field(self, entry: Entry, node: Node, declarator: Node, words: set[str]) -> Field:
        name = declared_name(declarator)
        initializer = ""
        inner = declarator
        if declarator.type == "init_declarator":
            initializer = text_of(declarator.child_by_field_name("value"))
            inner = declarator.child_by_field_name("declarator") or declarator
        else:
            following = next_default(node, declarator)
            initializer = text_of(following) if following is not None else ""
        kind = text_of(node.child_by_field_name("type"))
        const = "const " if "const" in words else ""
        return Field(
            self._number(declarator),
            text_of(name),
            self._namespace(entry),
            self._doc(node) or self._doc_beside(node),
            entry.conditions,
            type=" ".join([const + kind, *layers(inner)]),
            initializer=initializer,
            is_static="static" in words,
            is_constant=is_constant(words, inner),
            is_array=is_array(inner),
        )

    # ---- parts -----------------------------------------------------------------------------

    def _parameters(self, function: Node) -> tuple[Parameter, ...]:
        parameters = function.child_by_field_name("parameters")
        found = []
        for child in parameters.named_children if parameters is not None else ():
            if child.type not in ("parameter_declaration", "optional_parameter_declaration"):
                continue
            default = child.child_by_field_name("default_value")
            text = text_of(child)
            if default is not None and child.text is not None:
                equals = next(c for c in child.children if c.type == "=")
                head = child.text[: equals.start_byte - child.start_byte]
                text = " ".join(head.decode("utf-8", "replace").split())
            name = declared_name(child.child_by_field_name("declarator"))
            kind = child.child_by_field_name("type")
            found.append(
                Parameter(
                    text_of(name) if name is not None and name.type == "identifier" else "",
                    text,
                    text_of(default) if default is not None else None,
                    last_name(kind),
                )
            )
        if len(found) == 1 and found[0].text == "void":
            return ()
        return tuple(found)

    def _count(self, namespace: tuple[str, ...], name: str) -> None:
        """Note that a namespace has one more function of a name."""
        key = (*namespace, name)
        self.names[key] += 1

    def _number(self, node: Node) -> int:
        self.lines.append(self.user_lines[node.start_point[0]])
        return len(self.lines) - 1

    @staticmethod
    def _namespace(entry: Entry) -> tuple[str, ...]:
        return tuple(name for name in entry.namespace if name)

    def _leave_out_deleted(self, entry: Entry, declarator: Node, name: str) -> None:
        value = declarator.child_by_field_name("value")
        if value is not None and value.type == "delete_expression":
            self._count(self._namespace(entry), name)
            self.left_out.append(LeftOut(self._number(declarator), name, "it is deleted"))

    def _leave_out(self, number: int, made: Function, reason: str) -> None:
        self.left_out.append(LeftOut(number, made.name, reason))

    @staticmethod
    def _doc(node: Node) -> str:
        """Return the comment directly above a node."""
        comments: list[str] = []
        below, above = node, node.prev_sibling
        while above is not None and above.type == "comment" and above.text is not None:
            if below.start_point[0] - above.end_point[0] > 1:
                break
            before = above.prev_sibling
            if (
                before is not None
                and before.end_point[0] == above.start_point[0]
                and before.end_point[1] > 0
            ):
                break  # it belongs to what stands before it on its line
            comments.insert(0, above.text.decode("utf-8", "replace"))
            below, above = above, before
        return clean_doc(comments)

    @classmethod
    def _doc_beside(cls, node: Node) -> str:
        """Return the comment behind a node on its line, or the one above it."""
        after = node.next_sibling
        if after is not None and after.type in (",", ";"):
            after = after.next_sibling
        if (
            after is not None
            and after.type == "comment"
            and after.text is not None
            and after.start_point[0] == node.end_point[0]
        ):
            return clean_doc([after.text.decode("utf-8", "replace")])
        return cls._doc(node)

    # ---- afterwards ------------------------------------------------------------------------

    def _bind_prototypes(self) -> None:
        """Take a declaration for its definition's defaults, or for a function defined elsewhere."""
        for prototype in self.prototypes:
            for position, function in enumerate(self.functions):
                if _same_function(prototype, function):
                    self.functions[position] = _with_defaults(function, prototype)
                    break
            else:
                if not any(_same_function(prototype, other) for other in self.functions):
                    if (*prototype.namespace, prototype.name) in self.names:
                        continue  # of a function that is left out, or static
                    self.functions.append(replace(prototype, has_definition=False))

    def _bind_instances(self) -> None:
        """Take the instances of templates; templates without one are left out."""
        used: set[tuple[str, ...]] = set()
        for instance in self.function_instances:
            key = (*instance.namespace, instance.name)
            used.add(key)
            template = next(
                (
                    t
                    for t in self.function_templates
                    if (*t.namespace, t.name) == key
                    and len(t.parameters) == len(instance.parameters)
                ),
                None,
            )
            if template is not None:
                instance = _with_defaults(instance, _instantiated(template, instance))
            self.names[key] += 1
            self.functions.append(instance)
        for template in self.function_templates:
            if (*template.namespace, template.name) not in used:
                example = _example(template.name, len(template.parameters))
                reason = _TEMPLATE_REASON.format(example=example)
                self._leave_out(template.number, template, reason)
        named = {(*i.namespace, i.template) for i in self.instances}
        for made in self.templates:
            if (*made.namespace, made.name) not in named:
                example = f"class {made.name}<{', '.join(['int'] * len(made.template_names))}>"
                reason = _TEMPLATE_REASON.format(example=example)
                self.left_out.append(LeftOut(made.number, made.name, reason))
        self.functions.sort(key=lambda function: function.number)


@dataclass
class _Members:
    """Collects the members of one class."""

    reader: _Reader
    entry: Entry
    path: tuple[str, ...]
    is_private: bool
    constructors: list[Constructor] = field(default_factory=list)
    methods: list[Function] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    operators: list[Operator] = field(default_factory=list)
    enums: list[Enum] = field(default_factory=list)
    classes: list[Class] = field(default_factory=list)
    inherited: list[str] = field(default_factory=list)
    types: set[str] = field(default_factory=set)
    field_types: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    counts: Counter[str] = field(default_factory=Counter)
    has_constructors: bool = False
    is_whole: bool = True

    def take_all(self, body: Node) -> None:
        """Take all members that stand in a class's braces."""
        for entry in walk(body, self.entry.namespace, self.entry.conditions):
            self._take(entry)

    def _take(self, entry: Entry) -> None:
        node, kind = entry.node, entry.node.type
        if kind == "access_specifier":
            self.is_private = text_of(node) != "public"
        elif kind in ("field_declaration", "function_definition", "declaration"):
            self._take_member(entry, node)
        elif kind == "friend_declaration":
            self._take_friend(entry, node)
        elif kind in ("alias_declaration", "type_definition"):
            name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
            self.types.add(text_of(declared_name(name)))
        elif kind == "using_declaration" and not self.is_private:
            names = text_of(node).removeprefix("using").strip(" ;").split("::")
            if len(names) > 1 and names[-1] == names[-2]:
                self.inherited.append(names[-1])
                self.has_constructors = True
            else:
                self.counts[names[-1]] += 1
        elif kind == "template_declaration":
            self._take_template(node)

    def _take_member(self, entry: Entry, node: Node) -> None:
        kind = node.child_by_field_name("type")
        if kind is not None and kind.type in (*CLASSES, "enum_specifier", "union_specifier"):
            self._take_type(entry, node, kind)
            if kind.type == "union_specifier" and kind.child_by_field_name("body") is not None:
                self.is_whole = False
        declarator = node.child_by_field_name("declarator")
        if declarator is not None and declarator.type == "operator_cast":
            self._take_conversion(entry, node, declarator)
            return
        function = function_declarator(declarator)
        if function is not None:
            self._take_function(entry, node, function)
        elif node.type != "function_definition":
            self._take_fields(entry, node)

    def _take_type(self, entry: Entry, node: Node, kind: Node) -> None:
        name = text_of(kind.child_by_field_name("name"))
        if not name or kind.child_by_field_name("body") is None:
            return
        self.types.add(name)
        if self.is_private:
            self.field_types.update(text_of(n) for n in descendants(kind, "type_identifier"))
            return
        if kind.type == "enum_specifier":
            made = self.reader._enum(replace(entry, node=node), kind, self.path)
            self.enums += made
            self.names.update(value for enum in made for value, _ in enum.values)
        elif kind.type in CLASSES:
            inner = self.reader._class(entry, node, kind, self.path, "")
            if inner is not None:
                self.classes.append(inner)

    def _take_conversion(self, entry: Entry, node: Node, declarator: Node) -> None:
        if self.is_private:
            return
        reader = self.reader
        abstract = declarator.child_by_field_name("declarator")
        self.operators.append(
            Operator(
                reader._number(node),
                "",
                reader._namespace(entry),
                reader._doc(node),
                entry.conditions,
                result=text_of(declarator.child_by_field_name("type")),
                is_conversion=True,
                qualifiers=qualifiers(abstract) if abstract is not None else "",
            )
        )

    def _take_function(self, entry: Entry, node: Node, function: Node) -> None:
        reader = self.reader
        name_node = function.child_by_field_name("declarator")
        if name_node is None or name_node.type in ("destructor_name", "qualified_identifier"):
            return
        words, name = words_of(node), text_of(name_node)
        is_constructor = node.child_by_field_name("type") is None and name == self.path[-1]
        self.has_constructors = self.has_constructors or is_constructor
        if name_node.type == "operator_name":
            made = reader._operator(entry, node, function, name, is_member=True)
            if made is not None and not self.is_private:
                self.operators.append(made)
            return
        self.names.add(name)
        self.counts[name] += 1
        is_virtual = "virtual" in words or virtual_words(function)
        if self.is_private and not is_virtual:
            return
        number = reader._number(node)
        reason = reader._obstacle(node, function, words)
        shown = "::".join((*self.path, name))
        parameters = reader._parameters(function)
        if reason:
            if not self.is_private and not (is_constructor and reason == "it is deleted"):
                reader.left_out.append(LeftOut(number, shown, reason))
            return
        doc, namespace = reader._doc(node), reader._namespace(entry)
        if is_constructor:
            if not _copies(parameters, name):
                explicit = any(word.startswith("explicit") for word in words)
                self.constructors.append(
                    Constructor(
                        *(number, name, namespace, doc, entry.conditions, parameters, explicit),
                        has_definition=is_defined(node),
                    )
                )
            return
        value = node.child_by_field_name("default_value")
        is_pure = (value is not None and text_of(value) == "0") or any(
            child.type == "pure_virtual_clause" for child in node.children
        )
        self.methods.append(
            Function(
                number,
                name,
                namespace,
                doc,
                entry.conditions,
                parameters=parameters,
                result=result_type(node),
                qualifiers=qualifiers(function),
                is_static="static" in words,
                is_virtual=bool(is_virtual),
                is_pure=is_pure,
                is_final="final" in (virtual_words(function) or ()),
                is_public=not self.is_private,
                has_definition=is_pure or is_defined(node),
            )
        )

    def _take_fields(self, entry: Entry, node: Node) -> None:
        words = words_of(node)
        declarators = node.children_by_field_name("declarator")
        kind = node.child_by_field_name("type")
        if not declarators:
            # An anonymous union or struct has fields that we do not see.
            anonymous = kind is not None and kind.child_by_field_name("name") is None
            self.is_whole = self.is_whole and not anonymous
            return
        if words & {"friend", "typedef"}:
            return
        self.field_types.update(text_of(n) for n in descendants(node, "type_identifier"))
        for declarator in declarators:
            name = declared_name(declarator)
            if name is None or "field_identifier" not in name.type or is_unreadable(node):
                self.is_whole = False
                continue
            self.names.add(text_of(name))
            if self.is_private:
                self.is_whole = self.is_whole and "static" in words
                continue
            made = self.reader._field(entry, node, declarator, words)
            reason = field_obstacle(node, declarator)
            if reason:
                self.is_whole = self.is_whole and made.is_static
                shown = "::".join((*self.path, made.name))
                self.reader.left_out.append(LeftOut(made.number, shown, reason))
            else:
                self.fields.append(made)

    def _take_friend(self, entry: Entry, node: Node) -> None:
        inner = node.named_children[-1] if node.named_children else None
        if inner is None or inner.type not in ("function_definition", "declaration"):
            return
        function = function_declarator(inner.child_by_field_name("declarator"))
        name = function.child_by_field_name("declarator") if function is not None else None
        if function is not None and name is not None and name.type == "operator_name":
            friend = replace(entry, node=inner)
            made = self.reader._operator(friend, inner, function, text_of(name), is_member=False)
            if made is not None:
                self.reader.operators.append(made)

    def _take_template(self, node: Node) -> None:
        inner = node.named_children[-1]
        function = function_declarator(inner.child_by_field_name("declarator"))
        name = function.child_by_field_name("declarator") if function is not None else None
        if name is None:
            self.types.add(text_of(inner.child_by_field_name("name")))
            return
        if text_of(name) == self.path[-1]:
            self.has_constructors = True
        self.names.add(text_of(name))
        self.counts[text_of(name)] += 1
        if not self.is_private and name.type in ("identifier", "field_identifier"):
            shown = "::".join((*self.path, text_of(name)))
            reason = "it is a template inside a class; add a method that calls it with the types"
            self.reader.left_out.append(LeftOut(self.reader._number(node), shown, reason))


def _copies(parameters: tuple[Parameter, ...], name: str) -> bool:
    """Whether these are the parameters of a copy or move constructor."""
    return len(parameters) == 1 and parameters[0].type_name == name and "&" in parameters[0].text


def _example(name: str, count: int) -> str:
    return f"double {name}({', '.join(['double'] * count)})"


def _same_function(one: Function, other: Function) -> bool:
    return (one.name, one.namespace, _types(one)) == (other.name, other.namespace, _types(other))


def _types(function: Function) -> tuple[str, ...]:
    """Return the parameters without their names, to tell two declarations of one from overloads."""
    return tuple(
        re.sub(rf"\b{p.name}\b(?=\s*(\[|$))" if p.name else r"$^", "", p.text).replace(" ", "")
        for p in function.parameters
    )


def _instantiated(template: Function, instance: Function) -> Function:
    """Return a template with the instance's types in its default values."""
    types = dict(zip(template.template_names, _split(instance.template_arguments), strict=False))

    def instantiated(default: str | None) -> str | None:
        for name in template.template_names:
            if default is None or not re.search(rf"\b{name}\b", default):
                continue
            if name not in types:
                return None
            default = re.sub(rf"\b{name}\b", types[name], default)
        return default

    parameters = tuple(replace(p, default=instantiated(p.default)) for p in template.parameters)
    return replace(template, parameters=parameters)


def _split(arguments: str) -> list[str]:
    """Return the arguments in "<int, std::pair<int, int>>"."""
    found, depth, current = [], 0, ""
    for character in arguments[1:-1]:
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            found.append(current.strip())
            current = ""
        else:
            current += character
    return [*found, current.strip()] if current.strip() else found


def _with_defaults(function: Function, other: Function) -> Function:
    """Return a function with the default values, names and comment of its other declaration."""
    parameters = tuple(
        replace(
            mine,
            name=mine.name or theirs.name,
            default=mine.default if mine.default is not None else theirs.default,
        )
        for mine, theirs in zip(function.parameters, other.parameters, strict=True)
    )
    return replace(function, parameters=parameters, doc=function.doc or other.doc)


def describe(value: Any) -> str:
    """Return a declaration's qualified name."""
    return "::".join((*value.namespace, *getattr(value, "outer", ()), value.name))
