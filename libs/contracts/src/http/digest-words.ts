const split = (text: string): readonly string[] => text.trim().split(/\s+/);

const FIRST = split(`
amber apple ashen azure basil birch black blue bold brave brass brick bright bronze brown calm candid cedar cherry chrome citrus civil
clear clever cobalt copper coral cosmic cotton cream crimson crisp curly daring dawn deep denim early east ebony elder ember equal even
fair fancy fern fiery fine first flax fleet floral fresh frosty gentle gilded ginger glad golden grand granite green hazel hearty hidden
honest icy indigo ivory jade jolly keen kind lapis large lemon lilac lime linen little lively lofty loyal lucky lunar magic maple marble
mellow mild minty misty modest mossy navy neat nimble noble north oak ochre olive onyx opal orange pearl plain plum polar proud purple
quick quiet rapid rosy royal ruby rustic sandy satin scarlet silent silver solar steady sunny tidy`);
const SECOND = split(`
ant badger bat bear beaver bee beetle bison bobcat buffalo camel canary cat cheetah cobra condor coyote crab crane cricket crow deer
dingo dolphin donkey dove duck eagle eel elk emu falcon ferret finch firefly fish flamingo fox frog gazelle gecko gibbon giraffe goat
goose gorilla gull hamster hare hawk hedgehog heron hippo hornet horse hound ibex ibis iguana impala jackal jaguar jay kestrel kiwi koala
ladybug lark lemur leopard lion lizard llama lobster lynx macaw magpie mantis marmot marten mole moose moth mouse mule newt ocelot octopus
orca osprey ostrich otter owl oyster panda panther parrot peacock pelican penguin pigeon pony puffin puma quail rabbit raccoon ram raven
robin salmon seal shark sheep shrimp skunk sloth snail sparrow spider squid stork swan tiger toad trout turtle walrus`);
const THIRD = split(`
anchor apron arch arrow atlas bagel ball banner barrel basin basket beacon bell bench bicycle blanket boat bolt book boot bottle bowl box
bridge brush bucket button cabin candle canoe canvas card carpet cart castle chair chalk chest clock cloud coat coin comb compass cookie
crown cup curtain dial dish door drum easel engine fan feather fence flag flute fork fountain garden gate glove guitar hammer harbor hat
hinge house island jacket jar jug kettle key kite ladder lamp lantern leaf lens letter lock loom map marble mast medal mirror mitten
needle nest oar oven paddle paint paper pebble pencil piano pillow pipe plate pocket pot quilt radio rail rake ribbon ring river road
rocket roof rope rug sail scarf shell shelf shovel spoon stamp table tower wagon`);

/**
 * A digest as three words, the same on every screen, so that two people or two devices can compare them aloud.
 *
 * They carry 21 bits: enough to notice the wrong item, not a replacement for comparing the digest. Takes lower-case hex.
 */
export function digestWords(sha256: string): string {
  const bits = Number.parseInt(sha256.slice(0, 6), 16);
  return [FIRST[(bits >> 14) & 127], SECOND[(bits >> 7) & 127], THIRD[bits & 127]].join('-');
}
