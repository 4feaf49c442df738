#include <array>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>
enum class Player : char { None = '.', X = 'X', O = 'O' };
class Board {
    std::array<Player, 9> cells_;
public:
    Board() { cells_.fill(Player::None); }
    void play(int cell, Player p) { if (cells_.at(cell) != Player::None) throw std::logic_error("the cell is taken"); cells_[cell] = p; }
    std::optional<Player> winner() const {
        constexpr int lines[8][3] = {{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {0, 3, 6}, {1, 4, 7}, {2, 5, 8}, {0, 4, 8}, {2, 4, 6}};
        for (auto &l : lines) if (cells_[l[0]] != Player::None && cells_[l[0]] == cells_[l[1]] && cells_[l[1]] == cells_[l[2]]) return cells_[l[0]];
        return std::nullopt;
    }
    Player operator[](int i) const { return cells_.at(i); }
    friend std::ostream &operator<<(std::ostream &out, const Board &b) { for (int i = 0; i < 9; i++) out << static_cast<char>(b.cells_[i]) << (i % 3 == 2 ? "\n" : ""); return out; }
};
// >>> b = Board()
// >>> for c in (0, 1, 2): b.play(c, Player.X)
// >>> b.winner() is Player.X, b[0] is Player.X, b[8] is Player.None_
// (True, True, True)
// >>> print(b)
// XXX
// ...
// ...
//
// >>> raises(Exception, b.play, 0, Player.O)
// 'the cell is taken'
