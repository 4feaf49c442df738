#include <bits/stdc++.h>
using namespace std;
#define all(x) (x).begin(), (x).end()
typedef long long ll;
bool is_palindrome(string s) { string t(s); reverse(all(t)); return s == t; }
// longest palindromic substring
string longest(const string &s) {
    int best = 0, from = 0, n = s.size();
    for (int c = 0; c < n; c++)
        for (int e : {0, 1}) {
            int i = c, j = c + e;
            while (i >= 0 && j < n && s[i] == s[j]) i--, j++;
            if (j - i - 1 > best) best = j - i - 1, from = i + 1;
        }
    return s.substr(from, best);
}
ll count_palindromes(string s) { ll n = 0; for (size_t i = 0; i < s.size(); i++) for (size_t k = 1; i + k <= s.size(); k++) n += is_palindrome(s.substr(i, k)); return n; }
int main() { ios::sync_with_stdio(false); string s; cin >> s; cout << longest(s) << endl; }
// >>> longest("forgeeksskeegfor"), is_palindrome("level"), count_palindromes("aaa")
// ('geeksskeeg', True, 6)
