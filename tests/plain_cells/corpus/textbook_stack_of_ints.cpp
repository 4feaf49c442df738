#include <iostream>
using namespace std;
#define MAX 4
class Stack {
    int top;
public:
    int a[MAX]; // Maximum size of Stack
    Stack() { top = -1; }
    bool push(int x);
    int pop();
    int peek();
    bool isEmpty();
};
bool Stack::push(int x) { if (top >= (MAX - 1)) { cout << "Stack Overflow"; return false; } a[++top] = x; return true; }
int Stack::pop() { if (top < 0) return 0; int x = a[top--]; return x; }
int Stack::peek() { return top < 0 ? 0 : a[top]; }
bool Stack::isEmpty() { return (top < 0); }
int main() { class Stack s; s.push(10); cout << s.pop() << " Popped from stack\n"; return 0; }
// >>> s = Stack()
// >>> s.push(1), s.push(2), s.pop(), s.peek(), s.isEmpty()
// (True, True, 2, 1, False)
// LEFT OUT Stack::a
