package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.optimize.solvers.accumulation.encoding.threshold.AdaptiveThresholdAlgorithm;
import org.deeplearning4j.parallelism.ParallelWrapper;
import org.deeplearning4j.parallelism.ParallelWrapper.TrainingMode;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

/** AdamR cannot be exact in ParallelWrapper (ADR 5), so it must not seem to work there. */
class ParallelWrapperTest {
  private static final AdamR CONFIG = AdamR.builder().build();

  @ParameterizedTest
  @CsvSource({
    "AVERAGING, layers, true, attached to another network",
    "AVERAGING, graph, true, attached to another network",
    "AVERAGING, graph, false, call AdamR.attach before training",
    "SHARED_GRADIENTS, layers, true, AdamR",
    "SHARED_GRADIENTS, graph, true, AdamR",
    "SHARED_GRADIENTS, layers, false, call AdamR.attach before training"
  })
  @Timeout(120) // which of its threads fails first, and so with what message, is up to chance
  void isRefused(TrainingMode mode, String kind, boolean attach, String message) {
    Model network =
        kind.equals("graph")
            ? Networks.graph(DataType.FLOAT, CONFIG, CONFIG, CONFIG)
            : Networks.layers(DataType.FLOAT, CONFIG, CONFIG, CONFIG);
    if (attach) {
      NetworkAdamRTest.attach(network, Anchor.start(name -> true));
    }
    ParallelWrapper wrapper =
        new ParallelWrapper.Builder<>(network)
            .workers(2)
            .prefetchBuffer(0)
            .trainingMode(mode)
            .thresholdAlgorithm(new AdaptiveThresholdAlgorithm())
            .build();
    assertThatThrownBy(
            () -> wrapper.fit(new ExistingDataSetIterator(Networks.batches(DataType.FLOAT, 8))))
        .rootCause()
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }
}
