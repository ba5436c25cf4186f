package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Runs in a JVM of its own, started without {@code --add-modules}, as a user's may be. */
class WithoutVectorModuleTest {
  @AfterEach
  void leaveTheChoiceOpen() {
    System.clearProperty(KernelChoice.PROPERTY);
  }

  @Test
  void plainLoopsStepIn() {
    assertThat(ModuleLayer.boot().findModule("jdk.incubator.vector"))
        .as("in this JVM, which surefire's second execution starts without the module")
        .isEmpty();
    assertThat(KernelChoice.current()).isEqualTo(KernelChoice.PLAIN);
    INDArray theta = Nd4j.ones(DataType.FLOAT, 100_003);
    AdamROptimizer optimizer =
        new AdamROptimizer(
            AdamR.builder().learningRate(0.25).lambda(0).build(),
            Map.of("w", theta),
            Anchor.start(name -> true));
    optimizer.step(Map.of("w", Nd4j.ones(DataType.FLOAT, 100_003)));
    assertThat(theta.minNumber().floatValue()).isCloseTo(0.75f, within(1e-6f));
    assertThat(theta.maxNumber().floatValue()).isCloseTo(0.75f, within(1e-6f));
  }

  @Test
  void askingForVectorsNamesTheMissingOption() {
    System.setProperty(KernelChoice.PROPERTY, "vector");
    assertThatThrownBy(KernelChoice::current)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("--add-modules jdk.incubator.vector");
  }
}
