#include <map>
#include <memory>
#include <string>
#include <vector>
class Item {
public:
    std::string name; int weight;
    Item(std::string name, int weight = 1) : name(std::move(name)), weight(weight) {}
    virtual ~Item() = default;
    virtual int value() const { return weight * 2; }
    virtual std::string use(int times) { return name + " used " + std::to_string(times) + "x"; }
};
class Potion : public Item {
public:
    int strength;
    Potion(int strength) : Item("potion"), strength(strength) {}
    int value() const override { return strength * 10; }
};
class Inventory {
    std::vector<std::shared_ptr<Item>> items;
public:
    void add(std::shared_ptr<Item> item) { items.push_back(item); }
    std::shared_ptr<Item> find(const std::string &name) const { for (auto &i : items) if (i->name == name) return i; return nullptr; }
    int value() const { int v = 0; for (auto &i : items) v += i->value(); return v; }
    std::map<std::string, int> weights() const { std::map<std::string, int> w; for (auto &i : items) w[i->name] += i->weight; return w; }
};
// >>> bag, sword = Inventory(), Item("sword", weight=5)
// >>> bag.add(sword); bag.add(Potion(3))
// >>> bag.value(), bag.weights(), bag.find("sword") is sword, bag.find("x")
// (40, {'potion': 1, 'sword': 5}, True, None)
// >>> sword.weight = 6
// >>> bag.weights()["sword"], type(bag.find("potion")).__name__
// (6, 'Potion')
// >>> class Gem(Item):
// ...     def value(self): return 1000
// >>> gem = Gem("ruby")
// >>> bag.add(gem)
// >>> bag.value(), gem.use(2)
// (1042, 'ruby used 2x')
