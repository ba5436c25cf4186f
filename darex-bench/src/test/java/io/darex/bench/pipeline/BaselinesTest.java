package io.darex.bench.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.DirectEncoder;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.report.Results.Score;
import io.darex.bench.task.DataFolder;
import io.darex.bench.task.Task;
import io.darex.bench.task.TaskData;
import io.darex.bench.tokenizer.Tokenizer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BaselinesTest {
  private static final EncoderConfig TINY =
      new EncoderConfig(30522, 8, 1, 2, 16, 64, 2, 1e-12, 0, 0, 0, List.of("no", "yes"));

  /** Of so many texts every other one changes sides where the layer starts elsewhere. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void scoringTwiceGivesTheSame(boolean pooler) {
    Task task = Task.named("agreement");
    TaskData all = task.load(new DataFolder(Optional.empty(), line -> {}), 0);
    TaskData some =
        new TaskData(
            all.train().subList(0, 300),
            all.validation().subList(0, 40),
            all.dev().subList(0, 900));
    try (Tokenizer tokenizer =
            BuiltInEncoders.read("minilm-l6").tokenizer().open(64, TINY.vocabSize());
        Encoder encoder = new DirectEncoder(TINY, TinyBert.checkpoint(TINY, 1), 0)) {
      Splits splits = Splits.of(tokenizer, some, task);
      Map<String, Score> first = Baselines.scores(splits, encoder, 2, pooler);
      assertThat(first).containsOnlyKeys("frozen", "majority");
      for (int again = 0; again < 3; again++) {
        assertThat(Baselines.scores(splits, encoder, 2, pooler)).isEqualTo(first);
      }
    }
  }
}
