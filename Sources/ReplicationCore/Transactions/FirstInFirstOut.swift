/// A queue that most often holds one element, which is then moved and not copied.
struct FirstInFirstOut<Element> {
  private var elements: [Element] = []
  /// The elements before this index were taken.
  private var start = 0

  var first: Element? { start < elements.count ? elements[start] : nil }

  @inline(__always)
  mutating func append(_ element: Element) {
    elements.append(element)
  }

  @inline(__always)
  mutating func popFirst() -> Element? {
    if elements.count - start <= 1 {
      defer { start = 0 }
      return takeLast()
    }
    defer { start += 1 }
    return elements[start]
  }

  /// Takes the last element, if there is one, and drops those that were taken.
  @inline(__always)
  private mutating func takeLast() -> Element? {
    let last = elements.popLast()
    if start > 0 { elements.removeAll(keepingCapacity: true) }
    return last
  }
}

extension FirstInFirstOut: Sendable where Element: Sendable {}
