package io.darex.bench.encoder;

import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The loss of one batch and its gradient by parameter name.
 *
 * <p>The arrays belong to the encoder and are valid until it computes the next gradients or is
 * closed; they may be modified, as clipping does.
 */
public record Gradients(double loss, Map<String, INDArray> byName) {}
