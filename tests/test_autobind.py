"""Plain C++ as a module: what is bound, how it behaves, what is left out and why."""

from __future__ import annotations

import copy
import enum
import inspect
import pickle
import re
import threading
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from plain_builds import FAST, left_out, plain_module, source_of

from cppmagic import pipeline
from cppmagic.config import BuildConfig
from cppmagic.errors import BuildError, SourceError

CELLS = Path(__file__).parent / "plain_cells"
FUNCTIONS = (CELLS / "functions.cpp").read_text()


@pytest.fixture(scope="module")
def functions(shared_cache: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cppmagic.settings.cache_dir", str(shared_cache))
        return plain_module(FUNCTIONS, BuildConfig(optimize="0", bind_main=True))


def test_a_function_has_its_names_defaults_and_comment(functions: ModuleType) -> None:
    assert functions.smooth(np.array([1.0, 3.0, 5.0]), window=2) == [1, 2, 4]
    assert functions.smooth(np.ones(7)) == [1] * 7
    text = functions.smooth.__doc__
    assert re.match(r"smooth\(x: [^,]*, window: [^,]* = 5\) -> list\[float\]", text)
    assert "Moving average of `x` over `window` samples.\n\nx: the samples\nReturns: one" in text


def test_overloads_are_under_one_name(functions: ModuleType) -> None:
    assert functions.twice(4) == 8
    assert functions.twice("x") == 'x "and" x'
    assert functions.twice("x", between="-") == "x-x"
    assert "Twice." in functions.twice.__doc__
    assert "Of a text." in functions.twice.__doc__


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("third(9)", 3),
        ("halved(5)", 2.5),
        ("from_c(1)", 2),
        ("lambda_(3, is_=False)", -3),
        ("unnamed(1, 2.0)", 7),
        ("invert()", True),
        ("conjugate(1 + 2j)", 1 - 2j),
        ("hello('you')", "hello you!"),
        ("grouped([('a', 1), ('b', 2), ('a', 3)])", {"a": [1, 3], "b": [2]}),
        ("several()", (1, "a", None)),
        ("several(2.5)", (1, "a", 2.5)),
        ("[either(True), either(False)]", [3, "three"]),
        ("integrate(lambda x: x * x, 0, 2)", 4),
        ("adder(2)(40)", 42),
        ("unique([3, 1, 3])", {1, 3}),
        ("also_unique([3, 1, 3])", {1, 3}),
        ("three()", [0, 0, 0]),
        ("later(__import__('datetime').timedelta(seconds=1)).total_seconds()", 2),
        ("str(inside('a'))", "a/inside"),
        ("seen()", 1),
        ("sum([1.5, 2.0])", 3.5),
        ("sum(['a', 'b'], '_')", "_ab"),
        ("geometry.pi", 3.25),
        ("geometry.area(2)", 13),
        ("geometry.solid.volume(2)", 8),
        ("primes", (2, 3, 5)),
        ("motto", "plain"),
        ("ratio", 0.5),
        ("exported(5)", 5),
        ("extra()", 1),
        ("main(['a', 'b'])", 297),
    ],
)
def test_calls(functions: ModuleType, call: str, expected: object) -> None:
    assert eval(call, vars(functions)) == expected


def test_what_is_internal_or_not_compiled_is_not_bound(functions: ModuleType) -> None:
    for name in ("internal", "anonymous", "detail", "missing", "also_missing", "mutable_global"):
        assert not hasattr(functions, name)


def test_containers_that_are_taken_by_reference_are_changed_in_place(functions: ModuleType) -> None:
    values = same = [3, 1, 2]
    functions.sort_in_place(values)
    assert same == [1, 2, 3]
    array = np.array([3, 1, 2])
    functions.sort_in_place(array)
    assert array.tolist() == [1, 2, 3]
    names = {"old": 0}
    functions.add_key(names)
    assert names == {"old": 0, "new": 1}
    rows = [[1, 2], [3, 4]]
    first = rows[0]
    functions.transpose(rows)
    assert rows == [[1, 3], [2, 4]]
    assert first is rows[0]
    with pytest.raises(TypeError, match="sort_in_place"):
        functions.sort_in_place((3, 1, 2))


def test_a_parameter_that_cannot_be_bound_keeps_its_default(functions: ModuleType) -> None:
    assert "out" not in functions.print.__doc__
    functions.print([1, 2])


def test_nothing_of_it_is_left_out_but_a_variable(functions: ModuleType) -> None:
    assert [shown for _, shown, _ in functions.__cppmagic_left_out__] == ["mutable_global"]


def test_what_is_left_out_is_told_with_line_and_reason() -> None:
    text = """\
    #include <ostream>
    #include <vector>
    double *raw(double *a) { return a; }
    void swapped(int &a, int &b) {}
    int taken(std::vector<int> &&x) { return 1; }
    template <class T> T any(T x) { return x; }
    int several(int n, ...) { return n; }
    int gone(int) = delete;
    void to(std::ostream &out) {}
    std::vector<int *> pointers() { return {}; }
    struct Unknown;
    int of(const Unknown &x) { return 1; }
    int elsewhere(int x);
    auto sum(auto a, auto b) { return a + b; }
    template <class T> struct Box { T value; };
    struct Holder {
        int *pointer = nullptr;
        int &reference;
        int array[3];
        unsigned bits : 3;
        Holder(int &r) : reference(r) {}
        template <class T> void call(T x) {}
        int undefined();
        int fine() { return 1; }
    };
    int bound() { return 1; }
    """
    assert left_out(text) == [
        "In[1]:3: raw is left out: its result `double *` is a raw pointer; "
        "a std::vector or a cppmagic::array can be bound",
        "In[1]:4: swapped is left out: its parameter `int &a` refers to a value that Python "
        "cannot change in place",
        "In[1]:5: taken is left out: its parameter `std::vector<int> &&x` is an rvalue reference",
        "In[1]:6: any is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template double any(double);`",
        "In[1]:7: several is left out: it takes any number of arguments (...)",
        "In[1]:8: gone is left out: it is deleted",
        "In[1]:9: to is left out: its parameter `std::ostream &out` is of a type that is not bound",
        "In[1]:10: pointers is left out: its result `std::vector<int *>` holds raw pointers",
        "In[1]:12: of is left out: its parameter `const Unknown &x` is of a type that is not bound",
        "In[1]:13: elsewhere is left out: it is declared here and defined nowhere",
        "In[1]:14: sum is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template double sum(double);`",
        "In[1]:15: Box is left out: it is a template; name the types to bind with an explicit "
        "instantiation below it, such as `template class Box<int>;`",
        "In[1]:17: Holder::pointer is left out: its type `int *` is a raw pointer",
        "In[1]:18: Holder::reference is left out: it is a reference",
        "In[1]:19: Holder::array is left out: it is a C array; std::array can be bound",
        "In[1]:20: Holder::bits is left out: it is a bit field",
        "In[1]:21: Holder::Holder is left out: its parameter `int &r` refers to a value that "
        "Python cannot change in place",
        "In[1]:22: Holder::call is left out: it is a template inside a class; add a method that "
        "calls it with the types",
        "In[1]:23: Holder::undefined is left out: it is declared here and defined nowhere",
    ]


def test_variables_share_a_line_which_stands_at_the_first_of_them() -> None:
    text = """\
    #include <vector>
    int f(int *p) { return 1; }
    const int size = 2;
    int calls = 0, limits[3];
    int g(int *p) { return 1; }
    std::vector<double> state(size);
    static int hidden = 1;
    auto twice = [](int x) { return 2 * x; };
    int count() { return ++calls + hidden + limits[0]; }
    """
    assert left_out(text) == [
        "In[1]:2: f is left out: its parameter `int *p` is a raw pointer; "
        "a std::span, which has a length, can be bound",
        "In[1]:4: calls, limits, state are left out: Python would get a copy of a variable; "
        "a function can return or set it",
        "In[1]:5: g is left out: its parameter `int *p` is a raw pointer; "
        "a std::span, which has a length, can be bound",
        "In[1]:8: twice is left out: it is a lambda in a variable; a function can be bound",
    ]
    assert left_out("int calls = 0;\nint count() { return ++calls; }\n") == [
        "In[1]:1: calls is left out: Python would get a copy of a variable; "
        "a function can return or set it",
    ]


def test_what_the_compiler_does_not_see_is_not_told() -> None:
    text = """\
    #define LARGE
    #ifdef LARGE
    int limit = 100;
    #else
    int limit = 10;
    int small = 1;
    void f(...) {}
    template <class T> T any(T x) { return x; }
    #endif
    struct Part {
    #ifndef LARGE
        int size[3];
        void g(...) {}
        template <class T> void h(T x) {}
        int undefined();
        int operator,(int x) { return x; }
        bool operator!() { return true; }
    #endif
    };
    """
    assert left_out(text) == [
        "In[1]:3: limit is left out: Python would get a copy of a variable; "
        "a function can return or set it",
    ]


def test_a_text_without_a_block_is_no_template() -> None:
    text = """
    /** The share \\f${0.5, 0.5}\\f$ of a template's syntax in a comment. */
    int rest(int a, int b) {
        return a
            % b;
    }
    """
    assert plain_module(text).rest(7, 4) == 3
    block = "<% count = 3 %>\nint counted() { return ${count}; }\n"
    assert plain_module(block).counted() == 3
    loop = "% for n in range(2):\nint counted_${n}() { return ${n}; }\n% endfor\n"
    assert plain_module(loop).counted_1() == 1


def test_an_array_too_large_for_pybind11_is_left_out_before_the_compiler_is_lost_in_it() -> None:
    text = """
    #include <array>
    struct Treap { int root = 1; std::array<int, 100005> key = {}; };
    int first(std::array<int, 4> x) { return x[0]; }
    """
    assert left_out(text) == [
        "In[1]:3: Treap::key is left out: its type `std::array<int, 100005>` is a std::array of "
        "more than 1024 elements; std::vector can be bound"
    ]


CLASSES = (CELLS / "classes.cpp").read_text()


@pytest.fixture(scope="module")
def classes(shared_cache: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cppmagic.settings.cache_dir", str(shared_cache))
        return plain_module(CLASSES)


def test_an_aggregate_is_made_by_the_names_of_its_fields(classes: ModuleType) -> None:
    p = classes.Particle(v=2.0)
    p.step(0.5)
    assert (p.x, p.v, p.charge, p.tags) == (1.0, 2.0, -1, [])
    assert repr(p) == "Particle(x=1.0, v=2.0, charge=-1, tags=[])"
    assert classes.Particle(1, 2).energy(mass=3) == 6
    assert "A thing that moves." in classes.Particle.__doc__
    assert "Move on." in classes.Particle.step.__doc__
    assert inspect.getdoc(classes.Particle.x) == "place and speed"
    with pytest.raises(AttributeError):
        p.charge = 2
    with pytest.raises(TypeError):
        classes.Particle(w=1)


def test_aggregates_are_copied_and_pickled(classes: ModuleType) -> None:
    p = classes.Particle(1, 2, 3, [4])
    for again in (copy.copy(p), copy.deepcopy(p), pickle.loads(pickle.dumps(p))):
        assert again is not p
        assert repr(again) == repr(p)


def test_enums_are_enums(classes: ModuleType) -> None:
    assert issubclass(classes.Color, enum.Enum)
    assert [color.name for color in classes.Color] == ["Red", "Green", "None_"]
    assert classes.next() is classes.Color.Green
    assert classes.as_number(classes.HIGH) == 10
    assert classes.LOW is classes.Level.LOW
    assert classes.LOW == 1
    assert classes.ANSWER == 42
    assert pickle.loads(pickle.dumps(classes.Color.Green)) is classes.Color.Green


def test_operators_are_special_methods(classes: ModuleType) -> None:
    v = classes.linear.Vec(1, 2)
    assert str(v) == repr(v) == "(1 2)"
    assert [str(x) for x in (v + v, v * 2, 3 * v, -v)] == ["(2 4)", "(2 4)", "(3 6)", "(-1 -2)"]
    assert v == classes.linear.Vec(1, 2)
    assert v != classes.linear.Vec()
    assert v < classes.linear.Vec(5)
    assert v > classes.linear.Vec()
    assert (v[0], v[-1], len(v), list(v)) == (1, 2, 2, [1, 2])
    assert (v(10), float(v), bool(v), bool(classes.linear.Vec())) == (21, v.norm(), True, False)
    same = v
    v += classes.linear.Vec(1, 1)
    assert same is v
    v[1] = 9
    assert list(v) == [2, 9]
    for index in (2, -3):
        with pytest.raises(IndexError):
            v[index]
    with pytest.raises(TypeError):
        v + 1


def test_comparisons_that_the_compiler_derives(classes: ModuleType) -> None:
    versions = [classes.Version(*pair) for pair in ((2, 0), (1, 9), (1, 2))]
    assert [v.minor for v in sorted(versions)] == [2, 9, 0]
    assert classes.Version(1, 2) == classes.Version(major=1, minor=2)
    assert classes.Version(1, 2) <= classes.Version(1, 3)


def test_methods_statics_and_nested_types(classes: ModuleType) -> None:
    vec = classes.linear.Vec
    v = vec.unit(1)
    assert (vec.dimensions, vec.answer) == (2, 42)
    assert vec.made > 0
    vec.made = 0
    assert vec(1).norm(vec.Norm.One) == 2
    assert vec.made == 1
    assert v.norm() == 1
    assert repr(v.limits()) == "Limits(low=0.0, high=1.0)"
    assert v.scale(3) is v
    assert (v.first(), v.at(1)) == (0, 3)
    assert not hasattr(v, "scaled")
    assert not hasattr(v, "hidden")
    assert not hasattr(v, "begin")
    assert str(classes.linear.middle([vec(0, 2), vec(2, 0)])) == "(1 1)"
    objects = [vec(1, 1), vec(2, 2)]
    first = objects[0]
    classes.linear.grow(objects)
    assert first is objects[0]
    assert str(first) == "(2 2)"
    outer = classes.Outer()
    outer.inner.z = 8
    assert repr(outer) == "Outer(inner=Inner(z=8), many=[Inner(z=7), Inner(z=7)])"
    assert classes.Outer.Inner(3).z == 3
    counter = classes.Counter()
    assert counter.add(2).add() is counter
    assert counter.next() == 4


def test_inheritance_and_virtual_methods(classes: ModuleType) -> None:
    square = classes.Square(3)
    assert isinstance(square, classes.Shape)
    assert isinstance(square, classes.Named)
    assert (square.area(), square.shout(), square.name()) == (9, "square!", "s")
    with pytest.raises(TypeError):
        classes.make_square("x")
    assert classes.make_square(2).area() == 4

    class Triangle(classes.Shape):
        def area(self) -> float:
            return 0.5

        def name(self, n: int = 1) -> str:
            return f"triangle {n}"

    class Nothing(classes.Shape):
        pass

    assert classes.total([square, Triangle()]) == 9.5
    assert classes.name_of(Triangle()) == "triangle 2"
    with pytest.raises(RuntimeError, match="Shape::area is pure virtual"):
        classes.total([Nothing()])


def test_exceptions_have_their_names(classes: ModuleType) -> None:
    kinds = [classes.ParseError, classes.DeepError, classes.OwnError, IndexError, ValueError]
    texts = ["bad", "deep", "own", "far", "no"]
    for number, (kind, text) in enumerate(zip(kinds, texts, strict=True)):
        with pytest.raises(kind, match=text) as caught:
            classes.fail(number)
        assert type(caught.value) is kind
    assert issubclass(classes.DeepError, classes.ParseError)
    assert issubclass(classes.ParseError, RuntimeError)


def test_class_templates_that_are_instantiated(classes: ModuleType) -> None:
    stack = classes.Stack()
    stack.push(1)
    stack.push(2)
    assert (len(stack), len(stack.twice()), stack.pop()) == (2, 4, 2)
    words = classes.Words()
    with pytest.raises(TypeError):
        words.push(1)
    with pytest.raises(IndexError, match="empty"):
        words.pop()


def test_an_object_that_cannot_be_copied_is_referred_to(classes: ModuleType) -> None:
    only = classes.Registry.instance()
    only.set("a", 1)
    assert classes.Registry.instance().get("a") == 1
    assert classes.Registry.instance().all() == {"a": 1}
    with pytest.raises(TypeError, match="No constructor"):
        classes.Registry()


def test_numbers_convert_where_c_plus_plus_converts_them(classes: ModuleType) -> None:
    assert str(classes.Rational(1, 2) + 1) == "3/2"
    assert str(1 + classes.Rational(1, 2)) == "3/2"


def test_what_is_left_out_of_the_classes(classes: ModuleType) -> None:
    reasons = {shown: reason for _, shown, reason in classes.__cppmagic_left_out__}
    assert reasons == {"Vec::scaled": "it is for temporaries only (&&)"}


def test_a_file_that_asks_for_it_is_bound(project: Path, caplog: pytest.LogCaptureFixture) -> None:
    import importlib

    import cppmagic.import_hook  # noqa: F401

    file = project / "plain_file.cpp"
    file.write_text(
        "// cppmagic: auto\n<%\ncfg['optimize'] = '0'\n%>\n"
        "int f() { return 1; }\nvoid g(int *) {}\n"
    )
    module = importlib.import_module("plain_file")
    assert module.f() == 1
    expected = (
        f"{file}:6: g is left out: its parameter `int *` is a raw pointer; a std::span, which has "
        "a length, can be bound"
    )
    assert [record.getMessage() for record in caplog.records] == [expected]
    file.write_text(file.read_text().replace("return 1", "return 2"))
    assert importlib.reload(module).f() == 2


VIEWS = (CELLS / "views.cpp").read_text()


@pytest.fixture(scope="module", params=["c++17", "c++20"])
def views(request: pytest.FixtureRequest, shared_cache: Path) -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cppmagic.settings.cache_dir", str(shared_cache))
        return plain_module(VIEWS, BuildConfig(optimize="0", std=request.param))


def test_views_take_arrays_without_a_copy(views: ModuleType) -> None:
    x = np.arange(4.0)
    views.scale(x)
    views.scale(x[1:3], k=10)
    assert x.tolist() == [0, 20, 40, 6]
    single = np.ones(10**6, dtype=np.float32)
    assert views.address(single) == single.ctypes.data
    assert views.trace(np.eye(3)) == 3
    cube = np.zeros((2, 3, 4), dtype=np.int32)
    views.fill(cube, 7)
    assert cube.sum() == 7 * 24
    assert views.count(b"bytes") == 5
    assert views.any(np.array([False, True]))
    assert views.first(np.array([1 + 2j])) == 1 + 2j
    assert views.sum(memoryview(np.ones(3))) == 3
    assert views.sum(np.zeros(0)) == 0


def test_overloads_are_told_apart_by_the_type_of_the_array(views: ModuleType) -> None:
    assert views.sum(np.array([1.5, 2])) == 3.5
    assert views.sum(np.array([1, 2])) == 3
    with pytest.raises(TypeError, match="array of float64"):
        views.sum(np.array([1], dtype=np.int8))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        ("scale([1.0])", TypeError, "must be an array of float64 with 1 dimension, and came as l"),
        ("scale(ones(3, 'int64'))", TypeError, "an array of float64, and came as one of int64; .a"),
        ("scale(ones(3, '>f8'))", TypeError, "an array of float64, and came as one of >f8"),
        ("scale(ones((2, 2)))", ValueError, "with 1 dimension, and came with 2 dimensions"),
        ("scale(ones(4)[::2])", ValueError, "contiguous (in C order), and came with other strides"),
        ("scale(memoryview(bytes(8)).cast('d'))", ValueError, "writable, and came as an array tha"),
        ("trace(eye(3).T[:2])", ValueError, "trace(): a must be contiguous"),
        ("trace(ones(3))", ValueError, "trace(): a must be an array with 2 dimensions, and came"),
        ("fill(zeros((1, 1, 1), 'int64'), value=1)", TypeError, "fill(): a must be an array of i"),
        ("any(ones(1))", TypeError, "any(): x must be an array of bool, and came as one of float"),
    ],
)
def test_what_does_not_fit_a_view_is_told(
    views: ModuleType, call: str, kind: type[Exception], message: str
) -> None:
    names = {**vars(np), **{name: getattr(views, name) for name in ("scale", "trace", "fill")}}
    with pytest.raises(kind, match=re.escape(message)):
        eval(call, {**names, "any": views.any, "memoryview": memoryview, "bytes": bytes})


def test_numbers_become_arrays_without_a_copy(views: ModuleType) -> None:
    squares = views.squares(4)
    assert squares.tolist() == [0, 1, 4, 9]
    assert squares.flags.writeable
    assert not squares.flags.owndata
    part = squares[1:]
    del squares
    assert part.sum() == 14
    assert views.grid(2, 3).tolist() == [[0, 1, 2], [10, 11, 12]]
    assert views.grid(0, 3).shape == (0, 3)


def test_an_object_keeps_the_array_that_it_looks_at(views: ModuleType) -> None:
    signal = views.Signal(np.arange(3.0))
    junk = [np.arange(3.0) + 1 for _ in range(10)]
    assert signal.last() == 2
    assert junk
    reasons = {shown: reason for _, shown, reason in views.__cppmagic_left_out__}
    assert "does not own its elements" in reasons["dangling"]


def test_the_users_errors_are_at_the_users_lines() -> None:
    text = "#include <vector>\nstruct P { int a };\nint f(P p) {\n    return p.b + undefined;\n}\n"
    with pytest.raises(BuildError) as caught:
        pipeline.obtain(source_of(text), FAST)
    assert {(item.file, item.line) for item in caught.value.diagnostics if item.is_error} <= {
        *(("In[1]", 2), ("In[1]", 3), ("In[1]", 4)),
    }
    assert "bindings" not in str(caught.value)
    with pytest.raises(BuildError, match=r"In\[1\]:2:\d+: error"):
        pipeline.obtain(source_of("auto f(int x) {\n    return y; }\n"), FAST)


def test_what_the_compiler_refuses_to_bind_is_left_out() -> None:
    # A copy constructor that promises too much: nothing in the text's form tells that.
    text = """\
    #include <memory>
    #include <vector>
    template <class T> struct Box { T value; Box() {} Box(const Box &o) : value(o.value) {} };
    struct Odd { Box<std::unique_ptr<int>> box; int a = 1; };
    using Kept = Box<std::unique_ptr<int>>;
    struct Holder { Kept kept; int c = 3; };
    int f(int x) { return x; }
    struct Fine { std::vector<std::unique_ptr<int>> kept; int b = 2; };
    """
    module = plain_module(text)
    assert module.f(3) == 3
    assert module.Fine().b == 2
    assert not hasattr(module, "Holder")
    assert any(
        "Holder is left out: its binding does not compile" in line for line in left_out(text)
    )


def test_the_gil_is_released_but_not_around_python_objects() -> None:
    text = """\
    #include <pybind11/pybind11.h>
    #include <atomic>
    std::atomic<bool> flag{false};
    void wait() { while (!flag) {} }
    void go() { flag = true; }
    bool holds(pybind11::object) { return PyGILState_Check(); }
    """
    module = plain_module(text)
    waiting = threading.Thread(target=module.wait)
    waiting.start()
    module.go()
    waiting.join(60)
    assert not waiting.is_alive()
    assert module.holds(None)


def test_bindings_of_ones_own_are_refused() -> None:
    with pytest.raises(SourceError, match="has bindings of its own"):
        pipeline.obtain(source_of("PYBIND11_MODULE(plain, m) {}\n"))


def test_other_compilers_bind_too() -> None:
    text = """\
    #include <string>
    #include <vector>
    struct P { int a = 1; virtual int get() const { return a; } virtual ~P() = default; };
    std::vector<P> twice(const P &p) { return {p, p}; }
    enum class E { A };
    """
    module = plain_module(text, BuildConfig(optimize="0", compiler="clang++"))
    assert [p.get() for p in module.twice(module.P())] == [1, 1]
    assert module.__cppmagic_left_out__ == []


@pytest.mark.slow
def test_with_zig_and_its_newer_library_std_mdspan_takes_arrays() -> None:
    text = """
    #include <mdspan>
    #include <span>
    double total(std::mdspan<const double, std::dextents<std::size_t, 2>> x) {
        double sum = 0;
        for (std::size_t i = 0; i < x.extent(0); ++i) {
            for (std::size_t j = 0; j < x.extent(1); ++j) sum += x[i, j];
        }
        return sum;
    }
    void fill(std::mdspan<int, std::dextents<int, 1>> x) { x[x.extent(0) - 1] = 7; }
    struct Particle { double x = 0, v = 0; void step(double dt) { x += v * dt; } };
    """
    module = plain_module(text, BuildConfig(compiler="zig", std="c++23", optimize="0"))
    assert module.total(np.arange(6.0).reshape(2, 3)) == 15
    filled = np.zeros(3, dtype=np.int32)
    module.fill(filled)
    assert filled.tolist() == [0, 0, 7]
    with pytest.raises(ValueError, match="with 2 dimensions, and came with 1 dimension"):
        module.total(np.ones(3))
    with pytest.raises(TypeError, match="array of float64, and came as one of int64"):
        module.total(np.ones((2, 3), dtype=np.int64))
    particle = module.Particle(v=2)
    particle.step(0.5)
    assert repr(particle) == "Particle(x=1.0, v=2.0)"
