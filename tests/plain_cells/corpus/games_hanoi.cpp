#include <functional>
#include <iostream>
#include <tuple>
#include <vector>
using Move = std::tuple<char, char>;
void hanoi(int n, char from, char to, char spare, const std::function<void(char, char)> &move) {
    if (n == 0) return;
    hanoi(n - 1, from, spare, to, move);
    move(from, to);
    hanoi(n - 1, spare, to, from, move);
}
std::vector<Move> moves(int n) { std::vector<Move> all; hanoi(n, 'A', 'C', 'B', [&](char a, char b) { all.emplace_back(a, b); }); return all; }
int main(int argc, char *argv[]) {
    int n = argc > 1 ? atoi(argv[1]) : 3;
    for (auto [a, b] : moves(n)) std::cout << a << "->" << b << '\n';
    return static_cast<int>(moves(n).size());
}
// MAIN
// >>> moves(2)
// [('A', 'B'), ('A', 'C'), ('B', 'C')]
// >>> log = []
// >>> hanoi(1, "X", "Y", "Z", lambda a, b: log.append(a + b))
// >>> log, main(["hanoi", "4"])
// (['XY'], 15)
