#include <cmath>
#include <initializer_list>
#include <iostream>
#include <stdexcept>
#include <vector>

/// A dense matrix.
class Matrix {
    std::size_t rows_, cols_;
    std::vector<double> data_;

public:
    Matrix(std::size_t rows, std::size_t cols, double value = 0) : rows_(rows), cols_(cols), data_(rows * cols, value) {}
    explicit Matrix(const std::vector<std::vector<double>> &rows) : Matrix(rows.size(), rows.at(0).size()) {
        for (std::size_t i = 0; i < rows_; i++)
            for (std::size_t j = 0; j < cols_; j++) (*this)(i, j) = rows[i].at(j);
    }
    static Matrix identity(std::size_t n) { Matrix m(n, n); for (std::size_t i = 0; i < n; i++) m(i, i) = 1; return m; }
    double &operator()(std::size_t i, std::size_t j) { return data_.at(i * cols_ + j); }
    double operator()(std::size_t i, std::size_t j) const { return data_.at(i * cols_ + j); }
    std::size_t rows() const { return rows_; }
    std::size_t cols() const { return cols_; }
    Matrix transposed() const { Matrix t(cols_, rows_); for (std::size_t i = 0; i < rows_; i++) for (std::size_t j = 0; j < cols_; j++) t(j, i) = (*this)(i, j); return t; }
    Matrix operator*(const Matrix &o) const {
        if (cols_ != o.rows_) throw std::invalid_argument("shapes do not fit");
        Matrix r(rows_, o.cols_);
        for (std::size_t i = 0; i < rows_; i++)
            for (std::size_t j = 0; j < o.cols_; j++)
                for (std::size_t k = 0; k < cols_; k++) r(i, j) += (*this)(i, k) * o(k, j);
        return r;
    }
    Matrix &operator+=(const Matrix &o) { for (std::size_t i = 0; i < data_.size(); i++) data_[i] += o.data_[i]; return *this; }
    friend Matrix operator+(Matrix a, const Matrix &b) { a += b; return a; }
    bool operator==(const Matrix &o) const { return rows_ == o.rows_ && data_ == o.data_; }
    friend std::ostream &operator<<(std::ostream &os, const Matrix &m) {
        for (std::size_t i = 0; i < m.rows_; i++) { os << (i ? "; " : "["); for (std::size_t j = 0; j < m.cols_; j++) os << (j ? " " : "") << m(i, j); }
        return os << "]";
    }
};
double determinant(Matrix m) {
    double det = 1;
    for (std::size_t i = 0; i < m.rows(); i++) {
        if (m(i, i) == 0) return 0;
        det *= m(i, i);
        for (std::size_t r = i + 1; r < m.rows(); r++) {
            double f = m(r, i) / m(i, i);
            for (std::size_t c = i; c < m.cols(); c++) m(r, c) -= f * m(i, c);
        }
    }
    return det;
}
// >>> m = Matrix([[1, 2], [3, 4]])
// >>> m * Matrix.identity(2) == m, m.transposed(), m + m
// (True, [1 3; 2 4], [2 4; 6 8])
// >>> determinant(m), m(1, 0), m.rows()
// (-2.0, 3.0, 2)
// >>> raises(ValueError, lambda: m * Matrix(3, 1))
// 'shapes do not fit'
// >>> Matrix.__doc__
// 'A dense matrix.'
