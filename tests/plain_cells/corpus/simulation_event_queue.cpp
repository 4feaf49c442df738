#include <chrono>
#include <functional>
#include <queue>
#include <string>
#include <vector>
using namespace std::chrono_literals;
using Milliseconds = std::chrono::duration<long, std::milli>;
class Simulator {
    struct Event { Milliseconds when; int order; std::function<void()> action; bool operator>(const Event &o) const { return when != o.when ? when > o.when : order > o.order; } };
    std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
    Milliseconds now_{0};
    int count_ = 0;
public:
    void schedule(Milliseconds delay, std::function<void()> action) { events_.push({now_ + delay, count_++, std::move(action)}); }
    void run() { while (!events_.empty()) { auto e = events_.top(); events_.pop(); now_ = e.when; e.action(); } }
    Milliseconds now() const { return now_; }
};
// >>> from datetime import timedelta
// >>> s, log = Simulator(), []
// >>> s.schedule(timedelta(milliseconds=20), lambda: log.append("b"))
// >>> s.schedule(timedelta(milliseconds=10), lambda: (log.append("a"), s.schedule(timedelta(seconds=1), lambda: log.append("c"))))
// >>> s.run()
// >>> log, s.now()
// (['a', 'b', 'c'], datetime.timedelta(seconds=1, microseconds=10000))
