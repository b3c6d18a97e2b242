#include <string>
#include <vector>

namespace shapes {

/// Anything that has an area.
class Shape {
 public:
  virtual ~Shape() = default;
  virtual double area() const = 0;
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

// A rectangle with sides along the axes.
class Rectangle final : public Shape {
 public:
  Rectangle(double width, double height) : width_(width), height_(height) {}
  double area() const override;

  bool operator==(const Rectangle& other) const { return width_ == other.width_; }

 private:
  double width_, height_;
};

double Rectangle::area() const {
  return width_ * height_;
}

enum class Color { Red, Green };

template <typename T>
struct Box {
  T value;
  T get() const { return value; }
};

/// The larger of two values.
template <typename T>
T larger(const T& a, const T& b) {
  return a < b ? b : a;
}

using Shapes = std::vector<Shape*>;

template <typename T>
concept Sized = requires(T t) { t.size(); };

namespace detail {
constexpr int kLimit = 10;
int* find(int key) { return nullptr; }
}  // namespace detail
}  // namespace shapes

int main(int argc, char** argv) {
  return 0;
}
