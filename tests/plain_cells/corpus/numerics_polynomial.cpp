#include <vector>
#include <ostream>
#include <cstddef>

template <typename T>
class Polynomial {
    std::vector<T> coefficients_;
public:
    explicit Polynomial(std::vector<T> c) : coefficients_(c) {}
    T operator()(T x) const { T r{}; for (auto it = coefficients_.rbegin(); it != coefficients_.rend(); ++it) r = r * x + *it; return r; }
    Polynomial derivative() const {
        std::vector<T> d;
        for (std::size_t i = 1; i < coefficients_.size(); i++) d.push_back(coefficients_[i] * T(i));
        return Polynomial(d);
    }
    const std::vector<T> &coefficients() const { return coefficients_; }
    std::size_t degree() const { return coefficients_.size() - 1; }
};
using RealPolynomial = Polynomial<double>;
template class Polynomial<long>;
// >>> p = RealPolynomial([1, 2, 3])
// >>> p(2), p.derivative().coefficients(), p.degree()
// (17.0, [2.0, 6.0], 2)
// >>> q = Polynomial([1, 1])
// >>> q(4), type(q(4)).__name__
// (5, 'int')
