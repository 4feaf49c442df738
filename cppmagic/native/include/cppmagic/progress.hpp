// A progress bar for long C++ loops, which Ctrl-C and Kernel > Interrupt can end.
//
//     for (auto i : cppmagic::progress(n, "relaxing")) { ... }          // i from 0 to n - 1
//     for (auto &body : cppmagic::progress(bodies, "moving")) { ... }   // a container's elements
//
//     auto bar = cppmagic::progress_bar(total, "reading");              // by hand
//     while (...) bar.update(got);
//
//     relaxing:  42%|####      | 420/1000 [00:01<00:02, 300 it/s]
//
// It is written to sys.stderr, at most ten times a second. A step takes a few nanoseconds, with the
// GIL or without it. Each step is a check_interrupt() as well (see interrupt.hpp): it may throw.
// Several threads may update one bar; where nothing may be thrown (a loop of OpenMP), `advance`
// does the same without the check.

#pragma once

#include <cppmagic/interrupt.hpp>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

#ifndef _WIN32
#include <unistd.h>
#endif

namespace cppmagic {
namespace detail {

constexpr long long between_shows = 100000000;  // ns
constexpr int bar_width = 10;

// Write to sys.stderr; a thread that Python does not know writes to the descriptor, because who
// waits for that thread may hold the GIL.
inline void write_progress(const std::string &text) noexcept {
    if (!Py_IsInitialized()) return;
    if (PyGILState_GetThisThreadState() == nullptr) {
#ifndef _WIN32
        if (::write(2, text.data(), text.size()) < 0) return;
#endif
        return;
    }
    Gil gil;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    PyObject *stream = PySys_GetObject("stderr");
    if (stream != nullptr && stream != Py_None) {
        Py_INCREF(stream);
        PyObject *written = PyObject_CallMethod(stream, "write", "s", text.c_str());
        PyObject *flushed = written ? PyObject_CallMethod(stream, "flush", nullptr) : nullptr;
        Py_XDECREF(written);
        Py_XDECREF(flushed);
        Py_DECREF(stream);
    }
    if (PyErr_Occurred()) {
        // An interrupt may come here, where Python runs: it is put back, for the check.
        bool is_interrupt = !PyErr_ExceptionMatches(PyExc_Exception);
        PyErr_Clear();
        if (is_interrupt) PyErr_SetInterrupt();
    }
    PyErr_Restore(type, value, traceback);
}

inline std::string clock_text(double seconds) {
    if (!(seconds >= 0) || seconds > 1e9) return "?";
    long all = static_cast<long>(seconds);
    char text[40];
    if (all >= 3600) {
        std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", all / 3600, all / 60 % 60, all % 60);
    } else {
        std::snprintf(text, sizeof text, "%02ld:%02ld", all / 60, all % 60);
    }
    return text;
}

inline std::string rate_text(double rate) {
    char text[40];
    if (!(rate > 0)) return "? it/s";
    if (rate < 1) {
        std::snprintf(text, sizeof text, "%.2f s/it", 1 / rate);
    } else if (rate < 10) {
        std::snprintf(text, sizeof text, "%.1f it/s", rate);
    } else if (rate < 1e4) {
        std::snprintf(text, sizeof text, "%.0f it/s", rate);
    } else if (rate < 1e6) {
        std::snprintf(text, sizeof text, "%.0fk it/s", rate / 1e3);
    } else if (rate < 1e9) {
        std::snprintf(text, sizeof text, "%.1fM it/s", rate / 1e6);
    } else {
        std::snprintf(text, sizeof text, "%.1fG it/s", rate / 1e9);
    }
    return text;
}

// What a bar knows; it stays where it is while the bar is moved.
struct Progress {
    std::atomic<long long> done{0};
    std::atomic<long long> show_at{0};
    std::atomic<bool> is_showing{false};
    long long total;  // 0: not known
    long long started = now();
    std::string label;
    std::size_t width = 0;  // of what is shown

    Progress(long long total, std::string label) : total(total), label(std::move(label)) {}

    std::string line() const {
        long long at = done.load(std::memory_order_relaxed);
        double seconds = static_cast<double>(now() - started) * 1e-9;
        double rate = seconds > 0 ? static_cast<double>(at) / seconds : 0;
        std::string text = label.empty() ? "" : label + ": ";
        if (total <= 0) {
            return text + std::to_string(at) + " it [" + clock_text(seconds) + ", " +
                   rate_text(rate) + "]";
        }
        double part = static_cast<double>(at) / static_cast<double>(total);
        part = part < 0 ? 0 : part > 1 ? 1 : part;
        char percent[8];
        std::snprintf(percent, sizeof percent, "%3d%%", static_cast<int>(part * 100));
        int filled = static_cast<int>(part * bar_width);
        double left = rate > 0 ? static_cast<double>(total - at) / rate : -1;
        return text + percent + "|" + std::string(filled, '#') +
               std::string(bar_width - filled, ' ') + "| " + std::to_string(at) + "/" +
               std::to_string(total) + " [" + clock_text(seconds) + "<" +
               clock_text(at >= total ? 0 : left) + ", " + rate_text(rate) + "]";
    }

    void show(const char *end) noexcept {
        if (is_showing.exchange(true)) return;
        try {
            std::string text = line();
            std::size_t before = width;
            width = text.size();
            if (before > width) text.append(before - width, ' ');
            write_progress("\r" + text + end);
        } catch (const std::exception &) {  // no memory: the loop matters more
        }
        is_showing = false;
    }

    void show_if_due(long long time) noexcept {
        long long due = show_at.load(std::memory_order_relaxed);
        if (time >= due && show_at.compare_exchange_strong(due, time + between_shows)) {
            show("");
        }
    }
};

// The rest of a step, for each of which `is_time` was asked.
CPPMAGIC_SELDOM inline void step(Progress &progress, Watch &own, bool may_throw) {
    long long time = now();
    progress.show_if_due(time);
    if (may_throw) {
        look(own, time, true);
    } else {
        own.calls_left = calls_per_look;
    }
}

}  // namespace detail

/// A bar that is updated by hand, and shown for the last time when it is closed or goes away.
class progress_bar {
public:
    /// Args: total: number of steps, 0 if it is not known; label: what is shown in front.
    explicit progress_bar(long long total, const std::string &label = "")
        : state_(new detail::Progress(total, label)) {
        begin();
    }
    progress_bar(progress_bar &&) = default;
    progress_bar &operator=(progress_bar &&) = delete;
    ~progress_bar() { close(); }

    /// Count steps, show the bar if it is time, throw `interrupted` if there was an interrupt.
    void update(long long steps = 1) {
        state_->done.fetch_add(steps, std::memory_order_relaxed);
        detail::Watch &own = detail::watch();
        if (detail::is_time(own)) detail::step(*state_, own, true);
    }

    /// Count steps and show the bar if it is time.
    void advance(long long steps = 1) noexcept {
        state_->done.fetch_add(steps, std::memory_order_relaxed);
        detail::Watch &own = detail::watch();
        if (--own.calls_left <= 0) detail::step(*state_, own, false);
    }

    /// Show the bar for the last time, and end its line.
    void close() noexcept {
        if (state_) {
            state_->show("\n");
            state_.reset();
        }
    }

private:
    template <class>
    friend class progress_range;

    // An iterator belongs to one thread: it needs no atomic addition, and has a watch of its own.
    void reach(long long done) { state_->done.store(done, std::memory_order_relaxed); }
    CPPMAGIC_SELDOM detail::Watch look() {
        detail::step(*state_, detail::watch(), true);
        return detail::watch();
    }

    void begin() {
        detail::Watch &own = detail::watch();
        own.calls_left = 0;  // the loop begins with a look
        own.looked_at = state_->started;
        if (!detail::is_main_thread()) own.seen = detail::interrupts()->count;
    }

    std::unique_ptr<detail::Progress> state_;
};

/// What `progress` returns: goes through an iterator's range and shows how far it is.
template <class Iterator>
class progress_range {
public:
    progress_range(Iterator first, Iterator last, long long total, const std::string &label)
        : first_(std::move(first)), last_(std::move(last)), bar_(total, label) {}

    class iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = typename std::decay<decltype(*std::declval<Iterator &>())>::type;
        using difference_type = std::ptrdiff_t;
        using reference = decltype(*std::declval<Iterator &>());
        using pointer = void;

        iterator(Iterator at, progress_bar *bar) : at_(std::move(at)), bar_(bar) {}
        reference operator*() { return *at_; }
        iterator &operator++() {
            ++at_;
            bar_->reach(++done_);
            if (detail::is_time(watch_)) watch_ = bar_->look();
            return *this;
        }
        bool operator!=(const iterator &other) const { return at_ != other.at_; }
        bool operator==(const iterator &other) const { return !(at_ != other.at_); }

    private:
        Iterator at_;
        progress_bar *bar_;
        long long done_ = 0;
        detail::Watch watch_{};
    };

    iterator begin() { return iterator(first_, &bar_); }
    iterator end() { return iterator(last_, &bar_); }

private:
    Iterator first_, last_;
    progress_bar bar_;
};

namespace detail {

template <class Integer>
class Counter {
public:
    explicit Counter(Integer at) : at_(at) {}
    Integer operator*() const { return at_; }
    Counter &operator++() {
        ++at_;
        return *this;
    }
    bool operator!=(const Counter &other) const { return at_ != other.at_; }

private:
    Integer at_;
};

template <class Iterator>
long long size_of(Iterator first, Iterator last, std::forward_iterator_tag) {
    return static_cast<long long>(std::distance(first, last));
}
template <class Iterator>
long long size_of(Iterator, Iterator, std::input_iterator_tag) {
    return 0;
}

}  // namespace detail

/// Count from 0 to `total` - 1 with a bar.
template <class Integer,
          typename std::enable_if<std::is_integral<Integer>::value, int>::type = 0>
progress_range<detail::Counter<Integer>> progress(Integer total, const std::string &label = "") {
    if (total < 0) total = 0;
    return {detail::Counter<Integer>(0), detail::Counter<Integer>(total),
            static_cast<long long>(total), label};
}

/// Go through a container's elements with a bar. The container must live as long.
template <class Container,
          typename std::enable_if<!std::is_integral<Container>::value, int>::type = 0>
auto progress(Container &elements, const std::string &label = "")
    -> progress_range<decltype(std::begin(elements))> {
    using Iterator = decltype(std::begin(elements));
    using Category = typename std::iterator_traits<Iterator>::iterator_category;
    Iterator first = std::begin(elements), last = std::end(elements);
    return {first, last, detail::size_of(first, last, Category()), label};
}

}  // namespace cppmagic
