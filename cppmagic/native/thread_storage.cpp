// Thread-specific storage for the type registry of one version.
//
// pybind11 takes a key of the operating system (PyThread_tss_create) for each registry, and a process
// has about a thousand of them: the thousandth version of a cell with a class would not load. A
// version's registry belongs to one library, so that library's own thread-local storage does the
// same. The functions of Python's API are renamed to these by macros on the command line; this file
// includes no Python header, so that it compiles in no time.

#include <atomic>

namespace {

// As in pythread.h; the key is an index here.
struct Key {
    int is_initialized;
    unsigned index;
};

constexpr unsigned capacity = 32;
std::atomic<unsigned> used{0};
thread_local void *values[capacity];

}  // namespace

extern "C" {

int cppmagic_tss_create(Key *key) {
    if (key->is_initialized) {
        return 0;
    }
    unsigned index = used.fetch_add(1);
    if (index >= capacity) {
        return -1;
    }
    key->index = index;
    key->is_initialized = 1;
    return 0;
}

// An index is not used again: another thread may still hold a value under it.
void cppmagic_tss_delete(Key *key) { key->is_initialized = 0; }

int cppmagic_tss_set(Key *key, void *value) {
    values[key->index] = value;
    return 0;
}

void *cppmagic_tss_get(Key *key) { return values[key->index]; }
}
