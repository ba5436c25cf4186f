package io.darex.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.darex.bench.cli.Darex;
import io.darex.bench.encoder.Batch;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.Encoder;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.pipeline.UsableModel;
import io.darex.bench.tokenizer.Tokenizer;
import io.darex.prune.folder.HuggingFaceFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HOWTO's "Use a delta in Java", compiled, run and compared with the page letter by letter. */
class HowtoTest {
  private static final Pattern EXAMPLE =
      Pattern.compile("    // HOWTO begins\n(.*?)\n      // HOWTO ends", Pattern.DOTALL);

  @TempDir private Path folder;

  private static float[] logits(String base, Path delta) throws IOException {
    // HOWTO begins
    UsableModel model = UsableModel.open(base, Optional.of(delta), System.err::println);
    try (Tokenizer tokenizer = model.tokenizer(model.longest(null));
        Encoder encoder = model.encoder(model.config())) {
      Batch batch = Batch.of(List.of(tokenizer.encode("The birds sing.")));
      float[] logits = encoder.logits(batch)[0]; // one for each label of model.config().labels()
      // HOWTO ends
      return logits;
    }
  }

  @Test
  void theDeltaGivesWhatPredictPrints() throws IOException {
    EncoderConfig config =
        new EncoderConfig(30522, 8, 1, 2, 16, 16, 2, 1e-12, 0, 0, 0, List.of("a", "b"));
    String base = write("base", config.withLabels(List.of()), 1);
    String tuned = write("tuned", config, 2);
    Path delta = folder.resolve("d.safetensors");
    assertThat(
            Darex.run("prune", "--base", base, "--tuned", tuned, "--bytes", "50%", "--out", delta)
                .code())
        .isZero();
    Path texts = Files.writeString(folder.resolve("texts.txt"), "The birds sing.\n");

    float[] logits = logits(base, delta);

    String printed = Darex.run("predict", "--base", base, "--delta", delta, texts).out();
    double share = Double.parseDouble(printed.strip().split("\t", -1)[6]);
    assertThat(share).isCloseTo(1 / (1 + Math.exp(logits[0] - logits[1])), within(1e-6));
  }

  private String write(String name, EncoderConfig config, long seed) throws IOException {
    Path target = folder.resolve(name);
    HuggingFaceFolder.write(
        target,
        TinyBert.checkpoint(config, seed),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
    return target.toString();
  }

  @Test
  void thePageShowsThisCode() throws IOException {
    Path own = Path.of("src", "test", "java", "io/darex/bench", "HowtoTest.java");
    Matcher example = EXAMPLE.matcher(Files.readString(own));
    assertThat(example.find()).isTrue();
    assertThat(Pages.text("docs/HOWTO.md"))
        .contains("```java\n" + example.group(1).indent(-4).stripTrailing() + "\n```");
  }
}
