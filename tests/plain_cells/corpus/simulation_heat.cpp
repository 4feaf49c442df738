#include <algorithm>
#include <vector>
#include <random>
const int CELLS = 5;
#define STEPS 3
std::vector<double> rod(CELLS);
std::vector<double> history[STEPS], scratch(CELLS, 0.0);
std::mt19937 generator(1);
struct Settings { double rate = 0.25; int done = 0; } settings;
const struct Limits { double low, high; } limits = {0, 100};
extern int steps;
int steps = 0;
double (*boundary)(int) = nullptr;
namespace { double total = 0; }
static int calls = 0;
void heat(int cell, double value) { rod.at(cell) = value; }
double step() {
    for (int i = 1; i + 1 < CELLS; i++)
        scratch[i] = rod[i] + settings.rate * (rod[i - 1] - 2 * rod[i] + rod[i + 1]);
    std::swap(rod, scratch);
    ++steps, ++calls;
    return rod[2];
}
const std::vector<double> &temperatures() { return rod; }
int steps_done() { return steps; }
// >>> heat(2, 64); step(), step()
// (32.0, 24.0)
// >>> temperatures(), steps_done(), CELLS, limits.high
// ([0.0, 16.0, 24.0, 16.0, 0.0], 2, 5, 100.0)
// >>> Settings().rate
// 0.25
// LEFT OUT rod
// LEFT OUT history
// LEFT OUT scratch
// LEFT OUT settings
// LEFT OUT steps
// LEFT OUT boundary
