package io.darex.bench.encoder;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * The non-linear function of a feed-forward layer or of a head: all that transformers computes
 * without parameters of their own.
 */
public enum Activation {
  /** x·Φ(x). */
  GELU("gelu gelu_python", new Pointwise.Gelu()),

  /** The approximation by tanh, under the names of its implementations. */
  GELU_TANH(
      "gelu_new gelu_pytorch_tanh gelu_python_tanh gelu_fast gelu_accurate",
      new Pointwise.GeluTanh()),

  /** {@link #GELU} within ±10. */
  GELU_10("gelu_10", new Pointwise.ClippedGelu()),

  /** x·σ(1.702·x). */
  QUICK_GELU("quick_gelu", new Pointwise.Gated(1.702f)),

  /** x·σ(x). */
  SILU("silu swish", new Pointwise.Gated(1)),

  /** max(x, 0). */
  RELU("relu", new Pointwise.Relu()),

  /** max(x, 0)². */
  RELU2("relu2", x -> Math.max(x, 0) * Math.max(x, 0), x -> 2 * Math.max(x, 0)),

  /** x within [0, 6]. */
  RELU6("relu6", x -> Math.min(Math.max(x, 0), 6), x -> x > 0 && x < 6 ? 1 : 0),

  /** x, a hundredth of it below 0. */
  LEAKY_RELU("leaky_relu", x -> x > 0 ? x : 0.01 * x, x -> x > 0 ? 1 : 0.01),

  /** x·max(0, min(x + 3, 6))/6. */
  HARDSWISH(
      "hardswish",
      x -> x * Math.min(Math.max(x + 3, 0), 6) / 6,
      x -> x <= -3 ? 0 : x < 3 ? x / 3 + 0.5 : 1),

  /** The hyperbolic tangent. */
  TANH("tanh", Math::tanh, x -> 1 - Math.tanh(x) * Math.tanh(x)),

  /** σ(x). */
  SIGMOID("sigmoid", Activation::sigmoid, x -> sigmoid(x) * sigmoid(-x)),

  /** x·tanh(log(1 + eˣ)). */
  MISH(
      "mish",
      x -> x * Math.tanh(softplus(x)),
      x -> {
        double gate = Math.tanh(softplus(x));
        return gate + x * (1 - gate * gate) * sigmoid(x);
      }),

  /** √log(1 + eˣ); far below 0 that is √eˣ, whose slope is half of it. */
  SQRT_SOFTPLUS(
      "sqrtsoftplus",
      x -> Math.sqrt(softplus(x)),
      x -> x < -30 ? Math.exp(x / 2) / 2 : sigmoid(x) / (2 * Math.sqrt(softplus(x)))),

  /** A normal distribution function in place of {@link #RELU2}. */
  LAPLACE("laplace", new Pointwise.Laplace()),

  /** x. */
  LINEAR("linear", x -> x, x -> 1);

  /** Separated by spaces. */
  private final String names;

  @SuppressWarnings("ImmutableEnumChecker") // functions without a state
  private final Pointwise function;

  Activation(String names, Pointwise function) {
    this.names = names;
    this.function = function;
  }

  Activation(String names, DoubleUnaryOperator value, DoubleUnaryOperator slope) {
    this(names, new Pointwise.Each(value, slope));
  }

  /** The function that {@code hidden_act} calls so. */
  static Optional<Activation> named(String name) {
    return Arrays.stream(values()).filter(each -> each.names().contains(name)).findFirst();
  }

  /** What {@code hidden_act} may call it, the first being what we write. */
  List<String> names() {
    return List.of(names.split(" ", -1));
  }

  /** {@code y = f(x)}, two arrays. */
  void forward(float[] x, float[] y, int count) {
    function.forward(x, y, count);
  }

  /**
   * {@code gradient *= f′(x)} and {@code y = f(x)}.
   *
   * @param spare is overwritten
   */
  void backward(float[] x, float[] y, float[] gradient, float[] spare, int count) {
    function.backward(x, y, gradient, spare, count);
  }

  private static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  private static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }
}
