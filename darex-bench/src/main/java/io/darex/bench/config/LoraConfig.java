package io.darex.bench.config;

import io.darex.prune.parameter.Range;
import java.util.List;

/**
 * Low-rank fine-tuning, the {@code finetune.lora} section: W = W₀ + s·B·A of the target modules,
 * where only A {@code [rank, in]}, B {@code [out, rank]} and the head are trained (docs/METHOD.md
 * §7).
 *
 * @param rank r
 * @param alpha α
 * @param targets the ends of the names of the modules adapted, as PEFT's {@code target_modules}
 * @param rslora whether s is α/√r and not α/r
 */
public record LoraConfig(int rank, double alpha, List<String> targets, boolean rslora) {
  private static final int RANK = 8;

  /** Copies the list. */
  public LoraConfig {
    targets = List.copyOf(targets);
  }

  /** Reads the section; what it does not name is r = 8, α = 2·r, query and value. */
  static LoraConfig from(Section section, FinetuneDefaults recipe) {
    int rank = (int) section.whole("rank", RANK, Range.whole(1, 1 << 12));
    List<String> targets = section.texts("targets");
    LoraConfig config =
        new LoraConfig(
            rank,
            section.number("alpha", 2.0 * rank, Range.POSITIVE),
            targets.isEmpty() ? recipe.targets() : targets,
            section.flag("rslora", false));
    section.end();
    return config;
  }
}
