// Ctrl-C and Kernel > Interrupt in long C++ loops.
//
//     for (long i = 0; i < n; i++) {
//         cppmagic::check_interrupt();  // throws cppmagic::interrupted
//         ...
//     }
//
// A call takes a few nanoseconds. It can be made with the GIL or without it, and in any thread.
// What is thrown unwinds the stack like any C++ exception, and pybind11 turns it into Python's
// KeyboardInterrupt. For nanobind, write cppmagic::translate_interrupts() into NB_MODULE. With
// Python's C API:
//
//     try { ... } catch (const cppmagic::interrupted &stop) { stop.restore(); return nullptr; }
//
// A thread of C++ passes what it throws on to the thread that waits for it, as any exception
// (std::exception_ptr, std::future). Where nothing may be thrown, as in a loop of OpenMP, ask
// cppmagic::interrupt_requested(), leave the loop, and call check_interrupt() behind it.

#pragma once

#include <Python.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <type_traits>

#ifndef _WIN32
#include <signal.h>
#include <time.h>
#endif

// What is seldom called stays out of the loop: its few instructions are what a step costs.
#if defined(__GNUC__)
#define CPPMAGIC_SELDOM __attribute__((noinline, cold))
#else
#define CPPMAGIC_SELDOM
#endif

// Types of ours in the binding libraries' namespaces: a call with one of them finds the library's
// function if this unit includes the library, before or after this header.
namespace pybind11 {
struct cppmagic_translator {
    using Function = void (*)(std::exception_ptr);
    operator Function() const;
};
}  // namespace pybind11
namespace nanobind {
struct cppmagic_payload {
    operator void *() const { return nullptr; }
};
}  // namespace nanobind

namespace cppmagic {

/// Thrown by check_interrupt(). Carries what Python's signal handler raised.
class interrupted : public std::exception {
public:
    /// Args: error: what was raised; none: a KeyboardInterrupt.
    explicit interrupted(std::shared_ptr<PyObject> error = nullptr) : error_(std::move(error)) {}

    const char *what() const noexcept override { return "interrupted"; }

    /// Set Python's error indicator; the caller holds the GIL and returns NULL to Python.
    void restore() const {
        if (error_) {
            PyObject *type = reinterpret_cast<PyObject *>(Py_TYPE(error_.get()));
            PyErr_SetObject(type, error_.get());
        } else if (PyErr_CheckSignals() == 0) {  // else it would come a second time, from there
            PyErr_SetNone(PyExc_KeyboardInterrupt);
        }
    }

private:
    std::shared_ptr<PyObject> error_;
};

namespace detail {

constexpr int calls_per_look = 16;              // at the clock
constexpr long long between_checks = 50000000;   // ns: without a signal
constexpr long long same_loop = 1000000000;     // ns: a longer pause begins another one

// One for the process, whichever library comes first: a chain of handlers would have no end.
struct Interrupts {
    std::atomic<unsigned> count{0};  // signals that have come
    std::atomic<bool> is_installing{false};
    unsigned long main_thread = 0;
#ifndef _WIN32
    struct sigaction previous {};
    void (*handler)(int, siginfo_t *, void *) = nullptr;
#endif
};

inline Interrupts *&interrupts() {
    static Interrupts own;  // of this library, until the process's is known
    static Interrupts *known = &own;
    return known;
}

struct Watch {
    unsigned seen;
    int calls_left;
    long long looked_at;
    long long checked_at;
    bool is_requested;
};

inline Watch &watch() {
    static thread_local Watch own;
    return own;
}

inline long long now() {
#ifdef CLOCK_MONOTONIC_COARSE
    timespec time;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
#else
    using namespace std::chrono;
    return duration_cast<nanoseconds>(steady_clock::now().time_since_epoch()).count();
#endif
}

class Gil {
public:
    Gil() : state_(PyGILState_Ensure()) {}
    ~Gil() { PyGILState_Release(state_); }
    Gil(const Gil &) = delete;
    Gil &operator=(const Gil &) = delete;

private:
    PyGILState_STATE state_;
};

#ifndef _WIN32
// Python's own handler only notes the signal, for the main thread to see: which may be waiting for
// threads of C++. So ours is put before it, and counts.
inline void count_signal(int number, siginfo_t *info, void *context) {
    Interrupts &all = *interrupts();
    if (all.previous.sa_flags & SA_SIGINFO) {
        all.previous.sa_sigaction(number, info, context);
    } else {
        all.previous.sa_handler(number);
    }
    all.count.fetch_add(1);  // after Python has noted it
}

// Again and again, since each signal.signal() in Python puts Python's own in its place.
inline void install_handler() {
    Interrupts &all = *interrupts();
    struct sigaction present;
    if (all.handler == nullptr || sigaction(SIGINT, nullptr, &present) != 0) return;
    bool is_ours = (present.sa_flags & SA_SIGINFO) && present.sa_sigaction == all.handler;
    bool is_handled = present.sa_handler != SIG_DFL && present.sa_handler != SIG_IGN;
    if (is_ours || !is_handled || all.is_installing.exchange(true)) return;
    all.previous = present;
    present.sa_sigaction = all.handler;
    present.sa_flags |= SA_SIGINFO;
    sigaction(SIGINT, &present, nullptr);
    all.is_installing = false;
}
#else
inline void install_handler() {}
#endif

inline std::shared_ptr<PyObject> shared(PyObject *error) {
    return std::shared_ptr<PyObject>(error, [](PyObject *object) {
        if (object != nullptr && Py_IsInitialized()) {
            Gil gil;
            Py_DECREF(object);
        }
    });
}

// Take what Python's error indicator holds.
inline PyObject *take_error() {
#if PY_VERSION_HEX >= 0x030C0000
    return PyErr_GetRaisedException();
#else
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyErr_NormalizeException(&type, &value, &traceback);
    if (traceback != nullptr) PyException_SetTraceback(value, traceback);
    Py_XDECREF(traceback);
    Py_XDECREF(type);
    return value;
#endif
}

inline bool is_main_thread() {
    return PyThread_get_thread_ident() == interrupts()->main_thread;
}

// Whether an interrupt has come in a thread that is not the main one, which Python tells nothing.
inline bool is_told(Watch &own, long long time) {
    bool is_same_loop = own.looked_at != 0 && time - own.looked_at < same_loop;
    unsigned before = own.seen;
    own.seen = interrupts()->count;
    return is_same_loop && own.seen != before;
}

// Ask whether there was an interrupt: Python, in the main thread. Throws, or notes it for later.
inline void ask(Watch &own, long long time, unsigned count, bool may_throw) {
    bool was_requested = own.is_requested;
    own.checked_at = time;
    install_handler();
    if (is_main_thread()) {
        own.seen = count;
        Gil gil;
        if (PyErr_CheckSignals() != 0) {
            own.is_requested = !may_throw;
            if (may_throw) throw interrupted(shared(take_error()));
            PyErr_Clear();
            PyErr_SetInterrupt();  // again, for the check that may throw
        } else if (may_throw) {
            own.is_requested = false;
        }
    } else if (is_told(own, time) || was_requested) {
        own.is_requested = !may_throw;
        own.looked_at = time;
        if (may_throw) throw interrupted();  // without the GIL: who waits for us may hold it
    }
}

// Look at the clock, and ask if it is time to.
CPPMAGIC_SELDOM inline void look(Watch &own, long long time, bool may_throw) {
    own.calls_left = calls_per_look;
    unsigned count = interrupts()->count;
    bool is_due = count != own.seen || time - own.checked_at >= between_checks;
    if (is_due || own.is_requested) ask(own, time, count, may_throw);
    if (own.is_requested) own.calls_left = 0;  // the next check is the one that throws
    own.looked_at = time;
}

CPPMAGIC_SELDOM inline void look(Watch &own, bool may_throw) { look(own, now(), may_throw); }

// Whether there is more to do than to count the calls.
inline bool is_time(Watch &own) {
    return --own.calls_left <= 0 ||
           interrupts()->count.load(std::memory_order_relaxed) != own.seen;
}

inline void translate(std::exception_ptr error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const interrupted &stop) {
        stop.restore();
    }
}

inline void translate_with_payload(const std::exception_ptr &error, void *) { translate(error); }

// These are instantiated at the end of the unit, where it is known what it includes. Each unit has
// its own (static): plain C++ and its bindings are two, and only one of them knows pybind11.
template <class Translator>
static auto register_pybind11(int) -> decltype(register_local_exception_translator(Translator())) {
    register_local_exception_translator(Translator());
}
template <class Translator>
static void register_pybind11(long) {}

template <class Payload>
static auto register_nanobind(int)
    -> decltype(register_exception_translator(&translate_with_payload, Payload())) {
    register_exception_translator(&translate_with_payload, Payload());
}
template <class Payload>
static void register_nanobind(long) {}

// Find the process's counter, or offer ours; when the library is loaded, with the GIL.
template <class Translator>
static bool prepare() {
    if (!Py_IsInitialized() || !PyGILState_Check()) return false;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    const char *name = "cppmagic.interrupts.1";
    PyObject *shared_by_all = PyInterpreterState_GetDict(PyInterpreterState_Get());
    PyObject *known = shared_by_all ? PyDict_GetItemString(shared_by_all, name) : nullptr;
    if (known != nullptr) {
        interrupts() = static_cast<Interrupts *>(PyCapsule_GetPointer(known, name));
    } else if (shared_by_all != nullptr) {
        Interrupts *own = interrupts();
        PyObject *threading = PyImport_ImportModule("threading");
        PyObject *thread =
            threading ? PyObject_CallMethod(threading, "main_thread", nullptr) : nullptr;
        PyObject *number = thread ? PyObject_GetAttrString(thread, "ident") : nullptr;
        own->main_thread = number ? PyLong_AsUnsignedLong(number) : 0;
#ifndef _WIN32
        own->handler = &count_signal;
#endif
        PyObject *capsule = PyCapsule_New(own, name, nullptr);
        if (capsule != nullptr) PyDict_SetItemString(shared_by_all, name, capsule);
        Py_XDECREF(capsule);
        Py_XDECREF(number);
        Py_XDECREF(thread);
        Py_XDECREF(threading);
    }
    PyErr_Restore(type, value, traceback);
    register_pybind11<Translator>(0);
    return true;
}

static const bool is_prepared = prepare<pybind11::cppmagic_translator>();

}  // namespace detail
}  // namespace cppmagic

inline pybind11::cppmagic_translator::operator Function() const {
    return &cppmagic::detail::translate;
}

namespace cppmagic {

/// Let nanobind turn `interrupted` into what Python knows; call it in NB_MODULE.
template <class Payload = nanobind::cppmagic_payload>
void translate_interrupts() {
    detail::register_nanobind<Payload>(0);
}

/// Throw `interrupted` if Ctrl-C was pressed, or the kernel was asked to stop, since this loop began.
///
/// In the main thread this is what Python's own signal handlers raise. In another thread it is told
/// to each loop that calls this at least once a second.
inline void check_interrupt() {
    (void)detail::is_prepared;
    detail::Watch &own = detail::watch();
    if (detail::is_time(own)) detail::look(own, true);
}

/// Whether check_interrupt() would throw, or has a reason to before long; never throws.
inline bool interrupt_requested() {
    detail::Watch &own = detail::watch();
    if (!own.is_requested && detail::is_time(own)) detail::look(own, false);
    return own.is_requested;
}

}  // namespace cppmagic
