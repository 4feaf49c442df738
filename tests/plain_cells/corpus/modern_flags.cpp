#include <cstdint>
enum class Permission : std::uint8_t { None = 0, Read = 1, Write = 2, Execute = 4 };
constexpr Permission operator|(Permission a, Permission b) { return Permission(std::uint8_t(a) | std::uint8_t(b)); }
constexpr bool has(Permission set, Permission flag) { return (std::uint8_t(set) & std::uint8_t(flag)) != 0; }
enum Mode : unsigned { Fast = 1, Safe };  // a plain one
Mode other(Mode m = Fast) { return m == Fast ? Safe : Fast; }
struct File { Permission mode = Permission::Read; bool readable() const { return has(mode, Permission::Read); } };
// >>> has(Permission.Read | Permission.Write, Permission.Write), has(Permission.Read, Permission.Execute)
// (True, False)
// >>> other() is Safe, File().readable(), File(mode=Permission.Write).readable()
// (True, True, False)
// >>> import enum
// >>> issubclass(Permission, enum.IntFlag), issubclass(Mode, enum.IntEnum), Mode.Safe.value
// (True, True, 2)
