#include <cstdint>
#include <vector>
#include <cppmagic/view.hpp>

// One generation, from one array into another.
void generation(cppmagic::view<const std::uint8_t, 2> now, cppmagic::view<std::uint8_t, 2> then) {
    const int rows = now.rows(), cols = now.cols();
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++) {
            int around = 0;
            for (int di = -1; di <= 1; di++)
                for (int dj = -1; dj <= 1; dj++)
                    if (di || dj) around += now((i + di + rows) % rows, (j + dj + cols) % cols);
            then[i][j] = around == 3 || (around == 2 && now(i, j));
        }
}
// >>> import numpy as np
// >>> blinker = np.zeros((5, 5), dtype=np.uint8)
// >>> blinker[2, 1:4] = 1
// >>> after = np.empty_like(blinker)
// >>> generation(blinker, after)
// >>> after[:, 2].tolist(), int(after.sum())
// ([0, 1, 1, 1, 0], 3)
// >>> raises(TypeError, generation, blinker.astype(np.int64), after)
// 'generation(): now must be an array of uint8, and came as one of int64; .astype("uint8") makes a copy that fits'
