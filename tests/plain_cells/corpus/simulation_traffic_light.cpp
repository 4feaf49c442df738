#include <stdexcept>
#include <string>
#include <vector>
enum class Light { Red, RedYellow, Green, Yellow };
class TrafficLight {
public:
    /// How long a light is on, in seconds.
    struct Timing { int red = 30, green = 20, yellow = 3; };
    TrafficLight() = default;
    explicit TrafficLight(Timing timing) : timing_(timing) {}
    Light state() const { return state_; }
    Light advance() { state_ = static_cast<Light>((static_cast<int>(state_) + 1) % 4); return state_; }
    int seconds() const {
        switch (state_) { case Light::Red: return timing_.red; case Light::Green: return timing_.green; default: return timing_.yellow; }
    }
private:
    Timing timing_;
    Light state_ = Light::Red;
};
std::string to_string(Light light) {
    static const std::vector<std::string> names{"red", "red and yellow", "green", "yellow"};
    return names[static_cast<int>(light)];
}
// >>> t = TrafficLight(TrafficLight.Timing(green=5))
// >>> [to_string(t.advance()) for _ in range(2)], t.seconds(), t.state() is Light.Green
// (['red and yellow', 'green'], 5, True)
