import type { ArtifactDetail, ArtifactSummary, ArtifactVersionView, ContextDetail, ContextVersionView } from '@countersign/contracts';

/** A text that a team shares, as the artifact that it is: the same thing under the other name. */
export const artifactOfText = ({ id, name, version, sha256, size, taskId, at, content, versions }: ContextDetail): ArtifactDetail => ({
  id, kind: 'text', name, mediaType: 'text/plain', version, sha256, size, taskId, erased: content === null, at, content, versions: versions.map(versionOfText),
});
const versionOfText = ({ version, sha256, size, writer, by, overwrote, erasedAt, at }: ContextVersionView): ArtifactVersionView => ({ version, sha256, size, writer, by, overwrote, erased: erasedAt !== null, at });

/** That it is there, for whoever may not read it; a file’s type is the agent’s own word. */
export const artifactWithoutContent = <A extends ArtifactSummary>(artifact: A): A => ({ ...artifact, name: '', mediaType: artifact.kind === 'text' ? 'text/plain' : 'application/octet-stream' });
export const artifactDetailWithoutContent = (artifact: ArtifactDetail): ArtifactDetail => ({ ...artifactWithoutContent(artifact), content: null, versions: artifact.versions.map((version) => ({ ...version, writer: '' })) });
