#include <string>
#include <cctype>
/// Caesar's cipher; decode with the negative key.
std::string caesar(std::string text, int key) {
    key = ((key % 26) + 26) % 26;
    for (char &c : text)
        if (std::isalpha(static_cast<unsigned char>(c))) {
            char base = std::isupper(static_cast<unsigned char>(c)) ? 'A' : 'a';
            c = base + (c - base + key) % 26;
        }
    return text;
}
char first(const std::string &s) { return s.at(0); }
int code(char c) { return c; }
// >>> caesar("Hello, World", 3), caesar(caesar("abc", 5), -5)
// ('Khoor, Zruog', 'abc')
// >>> first("xyz"), code("A")
// ('x', 65)
// >>> raises(IndexError, first, "") != ""
// True
