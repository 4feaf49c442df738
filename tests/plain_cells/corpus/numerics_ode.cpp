#include <array>
#include <cmath>
#include <vector>
using State = std::array<double, 2>;

static State derivative(const State &s, double damping) { return {s[1], -s[0] - damping * s[1]}; }

/** Runge-Kutta of fourth order for a damped oscillator.
 *  @param steps how many
 *  @returns positions
 */
std::vector<double> oscillate(State start, double dt, int steps, double damping = 0.0) {
    std::vector<double> positions{start[0]};
    for (int i = 0; i < steps; i++) {
        auto add = [](State a, const State &b, double k) { a[0] += k * b[0]; a[1] += k * b[1]; return a; };
        State k1 = derivative(start, damping), k2 = derivative(add(start, k1, dt / 2), damping);
        State k3 = derivative(add(start, k2, dt / 2), damping), k4 = derivative(add(start, k3, dt), damping);
        for (int j = 0; j < 2; j++) start[j] += dt / 6 * (k1[j] + 2 * k2[j] + 2 * k3[j] + k4[j]);
        positions.push_back(start[0]);
    }
    return positions;
}
// >>> path = oscillate([1.0, 0.0], 0.01, 628)
// >>> len(path), round(path[314], 3), round(path[-1], 3)
// (629, -1.0, 1.0)
// >>> oscillate([1, 0], 0.1, 100, damping=1)[-1] < 0.01
// True
// >>> "positions" in oscillate.__doc__
// True
