#include <algorithm>
#include <compare>
#include <random>
#include <string>
#include <vector>
enum Suit { CLUBS, DIAMONDS, HEARTS, SPADES };
struct Card {
    int rank;
    Suit suit;
    auto operator<=>(const Card &) const = default;
    std::string name() const { return std::to_string(rank) + "cdhs"[suit]; }
};
class Deck {
    std::vector<Card> cards_;
public:
    Deck() { for (Suit s : {CLUBS, DIAMONDS, HEARTS, SPADES}) for (int r = 2; r <= 14; r++) cards_.push_back({r, s}); }
    void shuffle(unsigned seed) { std::shuffle(cards_.begin(), cards_.end(), std::mt19937(seed)); }
    Card draw() { Card c = cards_.back(); cards_.pop_back(); return c; }
    std::size_t size() const { return cards_.size(); }
    std::vector<Card>::const_iterator begin() const { return cards_.begin(); }
    std::vector<Card>::const_iterator end() const { return cards_.end(); }
};
bool is_flush(const std::vector<Card> &hand) { return std::all_of(hand.begin(), hand.end(), [&](const Card &c) { return c.suit == hand[0].suit; }); }
// >>> d = Deck()
// >>> d.draw().name(), len(d), max(d).name()
// ('14s', 51, '14h')
// >>> is_flush([Card(2, HEARTS), Card(rank=9, suit=Suit.HEARTS)]), Card(3, CLUBS) == Card(3, CLUBS)
// (True, True)
// >>> d.shuffle(1); len(set(c.name() for c in d))
// 51
