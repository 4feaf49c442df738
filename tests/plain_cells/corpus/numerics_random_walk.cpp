#include <random>
#include <vector>
#include <cstdint>

struct Walker {
    std::mt19937 engine;
    double position = 0;
    explicit Walker(std::uint32_t seed = 42) : engine(seed) {}
    double step() {
        std::uniform_int_distribution<int> coin(0, 1);
        return position += coin(engine) ? 1 : -1;
    }
};
std::vector<double> walk(int steps, std::uint32_t seed) {
    Walker w(seed);
    std::vector<double> path;
    while (steps-- > 0) path.push_back(w.step());
    return path;
}
double estimate_pi(long samples, unsigned seed = 1) {
    std::mt19937_64 rng(seed);
    std::uniform_real_distribution<> u(0, 1);
    long inside = 0;
    for (long i = 0; i < samples; i++) { double x = u(rng), y = u(rng); inside += x * x + y * y < 1; }
    return 4.0 * inside / samples;
}
// >>> walk(10, 3) == walk(10, 3), len(walk(5, 1))
// (True, 5)
// >>> w = Walker(7)
// >>> abs(w.step()), w.position in (1.0, -1.0)
// (1.0, True)
// >>> 3.0 < estimate_pi(100000) < 3.3
// True
// LEFT OUT Walker::engine
