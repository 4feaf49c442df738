#include <map>
#include <stdexcept>
#include <string>
#include <vector>
namespace bank {
struct InsufficientFunds : std::runtime_error {
    InsufficientFunds(double missing) : std::runtime_error("missing " + std::to_string(missing)) {}
};
enum class Kind { Deposit, Withdrawal };
struct Transaction { Kind kind; double amount; std::string note = "-"; };
class Account {
    double balance_ = 0;
    std::vector<Transaction> history_;
public:
    const std::string owner;
    Account(std::string owner) : owner(std::move(owner)) {}
    void deposit(double amount, const std::string &note = "") {
        if (!(amount > 0)) throw std::invalid_argument("amount must be positive");
        balance_ += amount; history_.push_back({Kind::Deposit, amount, note});
    }
    void withdraw(double amount) {
        if (amount > balance_) throw InsufficientFunds(amount - balance_);
        balance_ -= amount; history_.push_back({Kind::Withdrawal, amount});
    }
    double balance() const { return balance_; }
    std::vector<Transaction> history() const { return history_; }
};
}
// >>> a = Account("Ada")
// >>> a.deposit(10, note="pay"); a.withdraw(4)
// >>> a.balance(), a.owner, [t.kind.name for t in a.history()], a.history()[0].note
// (6.0, 'Ada', ['Deposit', 'Withdrawal'], 'pay')
// >>> raises(InsufficientFunds, a.withdraw, 10)
// 'missing 4.000000'
// >>> raises(ValueError, a.deposit, 0)
// 'amount must be positive'
// >>> Transaction(Kind.Deposit, 2)
// Transaction(kind=<Kind.Deposit: 0>, amount=2.0, note='-')
