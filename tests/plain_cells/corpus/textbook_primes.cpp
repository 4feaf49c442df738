#include <iostream>
#include <vector>
#include <cstdint>
#include <cassert>
namespace math {
namespace sieve_of_eratosthenes {
/**
 * @brief Marks each number from 2 to n with true if it is prime
 */
std::vector<bool> sieve(std::uint32_t N) {
    std::vector<bool> is_prime(N + 1, true);
    is_prime[0] = is_prime[1] = false;
    for (std::uint32_t i = 2; i * i <= N; i++) if (is_prime[i]) for (std::uint32_t j = i * i; j <= N; j += i) is_prime[j] = false;
    return is_prime;
}
void print(std::uint32_t N, const std::vector<bool> &is_prime) { for (std::uint32_t i = 2; i <= N; i++) if (is_prime[i]) std::cout << i << ' '; }
}
}
static void tests() { assert(math::sieve_of_eratosthenes::sieve(10)[7]); }
int main() { tests(); return 0; }
// >>> [i for i, p in enumerate(sieve(20)) if p]
// [2, 3, 5, 7, 11, 13, 17, 19]
