#include <string>
#include <vector>
int calls = 0;
static std::vector<std::string> log_lines;
static int helper(int x) { return x + 1; }
namespace { const int step = 2; }
int counted(int by = 1) { return calls += by; }
int stepped(int n) { return helper(n) * step; }
void log(const std::string &line) { log_lines.push_back(line); }
std::vector<std::string> lines() { return log_lines; }
int unique_number() { static int n = 100; return n++; }
struct Counter { static int made; int id; Counter() : id(++made) {} };
int Counter::made = 0;
const std::vector<int> table = {1, helper(1), 3};
// >>> counted(), counted(by=5), stepped(3), unique_number(), unique_number()
// (1, 6, 8, 100, 101)
// >>> log("a"); lines()
// ['a']
// >>> Counter().id, Counter().id, Counter.made, table
// (1, 2, 2, [1, 2, 3])
// LEFT OUT calls
