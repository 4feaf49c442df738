#include <algorithm>
#include <string>
#include <vector>
using namespace std;

int levenshtein(const string &a, const string &b) {
    vector<int> row(b.size() + 1);
    for (size_t j = 0; j <= b.size(); j++) row[j] = j;
    for (size_t i = 1; i <= a.size(); i++) {
        int diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b.size(); j++) {
            int up = row[j];
            row[j] = min({row[j] + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1])});
            diagonal = up;
        }
    }
    return row.back();
}
string nearest(const string &word, const vector<string> &words) {
    return *min_element(words.begin(), words.end(), [&](auto &x, auto &y) { return levenshtein(word, x) < levenshtein(word, y); });
}
// >>> levenshtein("kitten", "sitting"), levenshtein("", "abc")
// (3, 3)
// >>> nearest("speling", ["spelling", "spewing", "sapling"])
// 'spelling'
