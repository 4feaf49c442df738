#include <functional>
#include <sstream>
#include <stack>
#include <stdexcept>
#include <string>
#include <unordered_map>
double rpn(const std::string &expression) {
    static const std::unordered_map<std::string, std::function<double(double, double)>> operations{
        {"+", std::plus<>()}, {"-", std::minus<>()}, {"*", std::multiplies<>()}, {"/", std::divides<>()}};
    std::stack<double> stack;
    std::istringstream words(expression);
    for (std::string word; words >> word;) {
        auto operation = operations.find(word);
        if (operation == operations.end()) { stack.push(std::stod(word)); continue; }
        if (stack.size() < 2) throw std::runtime_error("too few operands for " + word);
        double b = stack.top(); stack.pop();
        double a = stack.top(); stack.pop();
        stack.push(operation->second(a, b));
    }
    return stack.top();
}
// >>> rpn("3 4 + 2 *"), rpn("1 2 -")
// (14.0, -1.0)
// >>> raises(RuntimeError, rpn, "1 +")
// 'too few operands for +'
// >>> raises(ValueError, rpn, "x")
// 'stod'
