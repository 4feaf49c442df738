#include <fstream>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>
#include <iomanip>
using Table = std::vector<std::vector<std::string>>;
Table parse_csv(std::istream &in, char separator) {
    Table rows;
    for (std::string line; std::getline(in, line);) {
        std::vector<std::string> row; std::string cell; bool quoted = false;
        for (char c : line) {
            if (c == '"') quoted = !quoted;
            else if (c == separator && !quoted) { row.push_back(cell); cell.clear(); }
            else cell += c;
        }
        row.push_back(cell); rows.push_back(row);
    }
    return rows;
}
Table from_text(const std::string &text, char separator = ',') { std::istringstream in(text); return parse_csv(in, separator); }
Table from_file(const std::filesystem::path &path, char separator = ',') { std::ifstream in(path); return parse_csv(in, separator); }
// >>> from_text('a,"b,c"\n1,2')
// [['a', 'b,c'], ['1', '2']]
// >>> import pathlib, tempfile
// >>> place = pathlib.Path(tempfile.mkdtemp()) / "x.csv"
// >>> place.write_text("1;2")
// 3
// >>> from_file(place, ";")
// [['1', '2']]
// LEFT OUT parse_csv
