<%
cfg['extra_compile_args'] = ['-DFACTOR=3']
kinds = ['int', 'double']
%>
#include <vector>
% for kind in kinds:
${kind} scaled_${kind}(${kind} x) { return x * FACTOR; }
% endfor
std::vector<int> numbers() { return {${", ".join(map(str, range(4)))}}; }
// >>> scaled_int(2), scaled_double(0.5), numbers()
// (6, 1.5, [0, 1, 2, 3])
