package io.darex.optim;

/**
 * The scalars of one AdamR step (docs/METHOD.md §4.1).
 *
 * @param gradientScale what every gradient is multiplied by first
 * @param rate η/(1−β1^t)
 * @param unbias 1/(1−β2^t)
 * @param pull min(1, λη/s)
 */
public record Coefficients(
    double gradientScale,
    double beta1,
    double beta2,
    double rate,
    double unbias,
    double epsilon,
    double pull,
    Penalty penalty) {}
