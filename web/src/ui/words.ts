import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { wordsOf, type PageLanguage, type Words } from '../i18n';

export const Language = createContext<PageLanguage>('en');

export const useWords = (): Words => wordsOf(useContext(Language));
