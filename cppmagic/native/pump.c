// Takes over the file descriptors 1 and 2, and hands out what was written to them, synchronously.
//
// What C++ writes goes to a descriptor; what Python prints goes to a stream that Python's code
// implements. To keep the order of both, Python takes what has arrived here before it prints. A
// thread of this unit empties the pipe into memory meanwhile: it needs no GIL, so that a function
// that holds it may write any amount without waiting for somebody who waits for the GIL.

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { WANTED_PIPE_SIZE = 1 << 20, FIRST_ROOM = 1 << 16, NAP_NANOSECONDS = 2000000 };

// One taking-over of one descriptor, from `open` to `close` (and a little longer: see `close`).
typedef struct {
    int descriptor;
    int original;  // where the descriptor led before, and where the rest goes after `close`
    int reader;
    size_t pipe_size;
    pthread_mutex_t lock;  // of what follows
    char *data;
    size_t used;
    size_t room;
    int closed;
} Channel;

static Channel *channels[3];  // by descriptor
static int was_line_buffered;
static int is_forked;

static pthread_mutex_t arrival_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrival = PTHREAD_COND_INITIALIZER;
static int has_arrived;
static long turn;  // counted up by `begin` and `stop`: who waits in an earlier turn shall end

// std::cout and std::clog, and what is called on them: libstdc++'s, once there is one in the process.
// This unit itself is C, and must not bring it along.
static struct {
    char *streams[2];
    char *sharing_class;
    void *(*buffer_of)(void *);
    void *(*flush)(void *);
} cpp;

static int find_cpp_streams(void) {
    void *library = cpp.flush ? NULL : dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    if (library != NULL) {
        cpp.streams[0] = dlsym(library, "_ZSt4cout");
        cpp.streams[1] = dlsym(library, "_ZSt4clog");
        cpp.sharing_class =
            dlsym(library, "_ZTVN9__gnu_cxx18stdio_sync_filebufIcSt11char_traitsIcEEE");
        *(void **)&cpp.buffer_of =
            dlsym(library, "_ZNKSt9basic_iosIcSt11char_traitsIcEE5rdbufEv");
        if (cpp.streams[0] && cpp.streams[1] && cpp.sharing_class && cpp.buffer_of) {
            *(void **)&cpp.flush = dlsym(library, "_ZNSo5flushEv");
        }
    }
    return cpp.flush != NULL;
}

// Flush a cout that does not share C's buffer: after std::ios::sync_with_stdio(false) it has its own.
static void flush_cpp(void) {
    for (int index = 0; cpp.flush != NULL && index < 2; index++) {
        char *stream = cpp.streams[index];
        // The Itanium C++ ABI: where the virtual base lies is told before the table of functions.
        ptrdiff_t *table = *(ptrdiff_t **)stream;
        if (table == NULL) {
            continue;  // nobody has included <iostream>, and so it has not been constructed
        }
        ptrdiff_t to_base = table[-3];
        char **buffer = cpp.buffer_of(stream + to_base);
        if (buffer != NULL && *buffer != cpp.sharing_class + 2 * sizeof(void *)) {
            cpp.flush(stream);
        }
    }
}

// Another thread that is writing now has the lock, and may be waiting for the GIL that we hold.
static void flush_c(void) {
    flush_cpp();
    if (ftrylockfile(stdout) == 0) {
        fflush(stdout);
        funlockfile(stdout);
    }
}

// Append what is in the pipe; the caller has the lock. Returns how much, or -1 at its end.
static ssize_t gather(Channel *channel) {
    size_t before = channel->used;
    for (;;) {
        if (channel->room - channel->used < FIRST_ROOM) {
            size_t room = channel->room ? 2 * channel->room : 2 * FIRST_ROOM;
            char *data = realloc(channel->data, room);
            if (data == NULL) {
                channel->used = 0;  // rather lose output than let its writer wait for ever
                if (channel->room == 0) {
                    return 0;
                }
                continue;
            }
            channel->data = data;
            channel->room = room;
        }
        ssize_t got =
            read(channel->reader, channel->data + channel->used, channel->room - channel->used);
        if (got > 0) {
            channel->used += (size_t)got;
        } else if (got == 0) {
            return channel->used > before ? (ssize_t)(channel->used - before) : -1;
        } else if (errno != EINTR) {
            return (ssize_t)(channel->used - before);
        }
    }
}

// Whoever inherited the descriptor may write on after `close`: to where it would have led.
static void forward(Channel *channel) {
    size_t done = 0;
    while (done < channel->used) {
        ssize_t got = write(channel->original, channel->data + done, channel->used - done);
        if (got < 0 && errno != EINTR) {
            break;
        }
        done += got > 0 ? (size_t)got : 0;
    }
    channel->used = 0;
}

static void announce(void) {
    pthread_mutex_lock(&arrival_lock);
    has_arrived = 1;
    pthread_cond_broadcast(&arrival);
    pthread_mutex_unlock(&arrival_lock);
}

static void *empty_pipe(void *argument) {
    Channel *channel = argument;
    for (;;) {
        struct pollfd asked = {channel->reader, POLLIN, 0};
        if (poll(&asked, 1, -1) < 0) {
            continue;
        }
        pthread_mutex_lock(&channel->lock);
        ssize_t got = gather(channel);
        if (channel->closed) {
            forward(channel);
        }
        pthread_mutex_unlock(&channel->lock);
        if (got < 0) {
            break;
        }
        if (got > 0) {
            announce();
        }
        // Not one wake-up for each line; but whoever fills the pipe shall not wait.
        if ((size_t)got < channel->pipe_size / 4) {
            struct timespec nap = {0, NAP_NANOSECONDS};
            nanosleep(&nap, NULL);
        }
    }
    pthread_mutex_lock(&channel->lock);
    int closed = channel->closed;
    pthread_mutex_unlock(&channel->lock);
    if (closed) {
        close(channel->reader);
        close(channel->original);
        free(channel->data);
        free(channel);
    }
    return NULL;
}

static int start_thread(Channel *channel) {
    pthread_t thread;
    sigset_t all, before;
    sigfillset(&all);
    // Signals are for the program's own threads.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, NULL, empty_pipe, channel);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed == 0) {
        pthread_detach(thread);
    }
    return failed;
}

static int descriptor_of(PyObject *argument) {
    long descriptor = PyLong_AsLong(argument);
    if (descriptor == -1 && PyErr_Occurred()) {
        return -1;
    }
    if (descriptor != 1 && descriptor != 2) {
        PyErr_SetString(PyExc_ValueError, "the descriptor is 1 or 2");
        return -1;
    }
    return (int)descriptor;
}

static PyObject *bytes_of(Channel *channel) {
    if (channel->used == 0) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    PyObject *bytes = PyBytes_FromStringAndSize(channel->data, (Py_ssize_t)channel->used);
    channel->used = 0;
    if (channel->room > 64 * FIRST_ROOM) {
        free(channel->data);
        channel->data = NULL;
        channel->room = 0;
    }
    return bytes;
}

static PyObject *pump_open(PyObject *self, PyObject *argument) {
    int descriptor = descriptor_of(argument);
    if (descriptor < 0) {
        return NULL;
    }
    if (channels[descriptor] != NULL) {
        return PyLong_FromLong(channels[descriptor]->original);
    }
    Channel *channel = calloc(1, sizeof *channel);
    if (channel == NULL) {
        return PyErr_NoMemory();
    }
    int ends[2] = {-1, -1};
    pthread_mutex_init(&channel->lock, NULL);
    channel->descriptor = descriptor;
    flush_c();
    channel->original = fcntl(descriptor, F_DUPFD_CLOEXEC, 10);
    if (channel->original < 0 || pipe(ends) < 0) {
        goto failed;
    }
    // High numbers: some programs expect theirs right behind the three standard ones.
    channel->reader = fcntl(ends[0], F_DUPFD_CLOEXEC, 10);
    if (channel->reader < 0 || fcntl(channel->reader, F_SETFL, O_NONBLOCK) < 0) {
        goto failed;
    }
    channel->pipe_size = FIRST_ROOM;
#ifdef F_SETPIPE_SZ
    int size = fcntl(channel->reader, F_SETPIPE_SZ, WANTED_PIPE_SIZE);
    if (size > 0) {
        channel->pipe_size = (size_t)size;
    }
#endif
    if (dup2(ends[1], descriptor) < 0) {
        goto failed;
    }
    close(ends[0]);
    close(ends[1]);
    if (start_thread(channel) != 0) {
        dup2(channel->original, descriptor);
        ends[0] = ends[1] = -1;
        goto failed;
    }
    if (descriptor == 1) {
        // As in a terminal: each line is seen when it is written, and children's lines keep their
        // place among ours.
        flockfile(stdout);
        was_line_buffered = isatty(channel->original);
        setvbuf(stdout, NULL, _IOLBF, 0);
        funlockfile(stdout);
    }
    channels[descriptor] = channel;
    return PyLong_FromLong(channel->original);

failed:
    PyErr_SetFromErrno(PyExc_OSError);
    if (ends[0] >= 0) {
        close(ends[0]);
        close(ends[1]);
    }
    if (channel->original >= 0) {
        close(channel->original);
    }
    if (channel->reader > 0) {
        close(channel->reader);
    }
    free(channel);
    return NULL;
}

static PyObject *pump_take(PyObject *self, PyObject *argument) {
    int descriptor = descriptor_of(argument);
    if (descriptor < 0) {
        return NULL;
    }
    flush_c();
    Channel *channel = channels[descriptor];
    if (channel == NULL || is_forked) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    pthread_mutex_lock(&channel->lock);
    gather(channel);
    PyObject *bytes = bytes_of(channel);
    pthread_mutex_unlock(&channel->lock);
    return bytes;
}

static PyObject *pump_close(PyObject *self, PyObject *argument) {
    int descriptor = descriptor_of(argument);
    if (descriptor < 0) {
        return NULL;
    }
    flush_c();
    Channel *channel = channels[descriptor];
    if (channel == NULL || is_forked) {
        return PyBytes_FromStringAndSize(NULL, 0);
    }
    channels[descriptor] = NULL;
    if (descriptor == 1 && !was_line_buffered) {
        flockfile(stdout);
        setvbuf(stdout, NULL, _IOFBF, BUFSIZ);
        funlockfile(stdout);
    }
    pthread_mutex_lock(&channel->lock);
    dup2(channel->original, descriptor);
    gather(channel);
    PyObject *bytes = bytes_of(channel);
    channel->closed = 1;  // the thread goes on until nobody can write any more
    pthread_mutex_unlock(&channel->lock);
    return bytes;
}

static PyObject *pump_flush(PyObject *self, PyObject *unused) {
    flush_c();
    Py_RETURN_NONE;
}

static long next_turn(void) {
    if (is_forked) {
        return 0;  // the lock may be held by a thread that is not in this process
    }
    pthread_mutex_lock(&arrival_lock);
    long next = ++turn;
    pthread_cond_broadcast(&arrival);
    pthread_mutex_unlock(&arrival_lock);
    return next;
}

static PyObject *pump_begin(PyObject *self, PyObject *unused) {
    return PyLong_FromLong(next_turn());
}

static PyObject *pump_wait(PyObject *self, PyObject *argument) {
    long own = PyLong_AsLong(argument);
    if (own == -1 && PyErr_Occurred()) {
        return NULL;
    }
    int goes_on;
    Py_BEGIN_ALLOW_THREADS
    pthread_mutex_lock(&arrival_lock);
    while (!has_arrived && own == turn) {
        pthread_cond_wait(&arrival, &arrival_lock);
    }
    has_arrived = 0;
    goes_on = own == turn;
    pthread_mutex_unlock(&arrival_lock);
    Py_END_ALLOW_THREADS
    return PyBool_FromLong(goes_on);
}

static PyObject *pump_stop(PyObject *self, PyObject *unused) {
    next_turn();
    Py_RETURN_NONE;
}

static PyObject *pump_find(PyObject *self, PyObject *unused) {
    return PyBool_FromLong(find_cpp_streams());
}

static void before_fork(void) {
    if (channels[1] != NULL && !is_forked) {
        flush_c();  // else both processes would write what is in the buffer
    }
}

static void in_forked_child(void) {
    if (channels[1] != NULL || channels[2] != NULL) {
        is_forked = 1;  // the pipe is the parent's to read, and broken when the parent has ended
        for (int descriptor = 1; descriptor <= 2; descriptor++) {
            if (channels[descriptor] != NULL) {
                close(channels[descriptor]->reader);
            }
        }
        // multiprocessing ends its children with _exit, which flushes nothing.
        setvbuf(stdout, NULL, _IONBF, 0);
    }
}

static PyMethodDef methods[] = {
    {"open", pump_open, METH_O, "Take a descriptor over; return a copy of what it was."},
    {"take", pump_take, METH_O, "Flush C's buffer; return what was written to the descriptor."},
    {"close", pump_close, METH_O, "Give the descriptor back; return what was left."},
    {"flush", pump_flush, METH_NOARGS, "Flush C's and C++'s buffers."},
    {"find", pump_find, METH_NOARGS, "Find std::cout, if a library has it; whether it is known."},
    {"begin", pump_begin, METH_NOARGS, "Begin a turn of waiting; return its number."},
    {"wait", pump_wait, METH_O, "Wait until something was written; False when the turn is over."},
    {"stop", pump_stop, METH_NOARGS, "End the turn."},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "pump", "What was written to descriptors.", -1, methods,
    NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_pump(void) {
    pthread_atfork(before_fork, NULL, in_forked_child);
    return PyModule_Create(&definition);
}
