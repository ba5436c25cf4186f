package io.darex.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;
import org.nd4j.autodiff.samediff.TrainingConfig;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.dataset.adapter.SingletonDataSetIterator;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/** The README's example, compiled, run and compared with the README letter by letter. */
class ReadmeTest {
  @Test
  void theExampleTrainsEverything() {
    SameDiff sd = network();
    INDArray body = sd.getVariable("body").getArr().dup();
    INDArray head = sd.getVariable("classifier").getArr().dup();
    DataSet data = new DataSet(Nd4j.rand(8, 3), Nd4j.rand(8, 2));

    train(sd, new SingletonDataSetIterator(data), 5, 5);

    assertThat(sd.getVariable("body").getArr()).isNotEqualTo(body);
    assertThat(sd.getVariable("classifier").getArr()).isNotEqualTo(head);
  }

  @Test
  void theReadmeHasThisVeryExample() throws IOException {
    String file = Files.readString(Path.of("src/test/java/io/darex/optim/ReadmeTest.java"));
    String source =
        file.lines()
            .dropWhile(line -> !line.equals("    // README begins"))
            .skip(1)
            .takeWhile(line -> !line.equals("    // README ends"))
            .map(line -> line.substring(4))
            .collect(Collectors.joining("\n"));

    assertThat(Path.of("..", "README.md")).content().contains("```java\n" + source + "\n```");
  }

  private static void train(SameDiff sd, DataSetIterator train, int steps, int epochs) {
    // README begins
    sd.setTrainingConfig(
        TrainingConfig.builder()
            .updater(
                AdamR.builder()
                    .learningRateSchedule(WarmupLinearSchedule.ofFraction(2e-5, 0.06, steps))
                    .lambda(1e-4)
                    .build())
            .dataSetFeatureMapping("input")
            .dataSetLabelMapping("label")
            .build());
    AdamR.attach(sd, Anchor.start(name -> !name.startsWith("classifier"))); // all but the head
    sd.fit(train, epochs);
    // README ends
  }

  private static SameDiff network() {
    SameDiff sd = SameDiff.create();
    SDVariable input = sd.placeHolder("input", DataType.FLOAT, -1, 3);
    SDVariable label = sd.placeHolder("label", DataType.FLOAT, -1, 2);
    SDVariable body = sd.var("body", Nd4j.rand(3, 4));
    SDVariable head = sd.var("classifier", Nd4j.rand(4, 2));
    SDVariable output = input.mmul(body).mmul(head);
    sd.loss.meanSquaredError("loss", label, output, null);
    sd.setLossVariables("loss");
    return sd;
  }
}
