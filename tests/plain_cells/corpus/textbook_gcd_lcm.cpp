// C++ program to find GCD and LCM
#include <iostream>
using namespace std;
// Recursive function to return gcd of a and b
long long gcd(long long int a, long long int b)
{
    if (b == 0)
        return a;
    return gcd(b, a % b);
}
// Function to return LCM of two numbers
long long lcm(int a, int b)
{
    return (a / gcd(a, b)) * b;
}
int extended_gcd(int a, int b, int *x, int *y)
{
    if (a == 0) { *x = 0; *y = 1; return b; }
    int x1, y1; int g = extended_gcd(b % a, a, &x1, &y1);
    *x = y1 - (b / a) * x1; *y = x1;
    return g;
}
// Driver program to test above function
int main()
{
    int a = 15, b = 20;
    cout << "LCM of " << a << " and " << b << " is " << lcm(a, b);
    return 0;
}
// >>> gcd(54, 24), lcm(15, 20)
// (6, 60)
// >>> gcd.__doc__.strip().splitlines()[-1]
// 'Recursive function to return gcd of a and b'
// LEFT OUT extended_gcd
