#include <span>
#include <vector>
#include <cmath>
struct Particle {
    double x = 0, y = 0;
    double vx = 0, vy = 0;
    double mass = 1;
    void step(double dt) { x += vx * dt; y += vy * dt; }
    double energy() const { return 0.5 * mass * (vx * vx + vy * vy); }
};
class World {
    std::vector<Particle> particles_;
public:
    double gravity = 9.81;
    World &add(const Particle &p) { particles_.push_back(p); return *this; }
    void run(int steps, double dt = 0.01) { while (steps--) for (auto &p : particles_) { p.vy -= gravity * dt; p.step(dt); } }
    Particle &at(std::size_t i) { return particles_.at(i); }
    std::size_t size() const { return particles_.size(); }
    auto begin() { return particles_.begin(); }
    auto end() { return particles_.end(); }
    double energy() const { double e = 0; for (auto &p : particles_) e += p.energy(); return e; }
};
// >>> w = World().add(Particle(y=10)).add(Particle(vx=3))
// >>> w.gravity = 10
// >>> w.run(100)
// >>> round(w.at(0).vy, 6), round(w.at(1).x, 6), len(w)
// (-10.0, 3.0, 2)
// >>> for p in w: p.vx = p.vy = 0
// >>> w.energy()
// 0.0
