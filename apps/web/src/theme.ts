import { createTheme, type MantineColorsTuple } from '@mantine/core';

const blue: MantineColorsTuple = ['#edf2ff', '#dbe4ff', '#bccbff', '#93acff', '#6d8dfb', '#4d74f4', '#2b57e6', '#2550d8', '#1d41b4', '#163390'];
const red: MantineColorsTuple = ['#fdecec', '#fad7d7', '#f5b3b3', '#ff9b97', '#e8676a', '#d6434b', '#c22d38', '#b3202c', '#921922', '#70131a'];
/** From ink to ground: the library draws its own surfaces with these in the dark. */
const dark: MantineColorsTuple = ['#e9ecf2', '#c6ccd8', '#a0a9ba', '#6d778a', '#3d4656', '#2a303c', '#1c212b', '#161a22', '#12161d', '#0e1116'];

const sheet = { defaultProps: { overlayProps: { backgroundOpacity: 0.45 }, closeButtonProps: { size: 44, 'aria-label': 'Close' } } };

/**
 * The component library in our own measures: everything that is pressed is at least 44 px high. Plain objects, because a
 * component that is named here would be loaded with the first screen.
 */
export const theme = createTheme({
  primaryColor: 'blue',
  primaryShade: { light: 6, dark: 6 },
  colors: { blue, red, dark },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 'md',
  radius: { md: '10px', lg: '14px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'md', loaderProps: { type: 'dots' } }, vars: (_theme: unknown, { size }: { size?: string }) => ({ root: { '--button-height': size === 'lg' ? '52px' : '44px' } }) },
    // In the page's main part, and its items alone: whoever walks by landmarks finds it, and it holds nothing that is no item.
    Menu: { defaultProps: { shadow: 'md', position: 'bottom-end', radius: 'md', portalProps: { target: '#main' }, withInitialFocusPlaceholder: false } },
    Drawer: sheet,
    Modal: { defaultProps: { centered: true, ...sheet.defaultProps } },
    Textarea: { defaultProps: { autosize: true, minRows: 3, maxRows: 8, size: 'md' } },
  },
});
